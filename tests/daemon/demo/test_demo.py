"""The first thing a newcomer types, typed: `python -m daemon.demo`."""

import csv
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from daemon.demo.demo import clear
from daemon.demo.files import FILES
from daemon.spool.folders import Spool
from tests.docs.documents import section
from tests.support.daemons import run
from tests.support.deadlines import scaled

pytest.importorskip("data_store", reason="the extra `demo` is not installed")

ROOT = Path(__file__).resolve().parents[3]


def demo(folder):
    search = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return run([], timeout=110, module="daemon.demo", env=os.environ | {"PYTHONPATH": search}, folder=folder)


def rows_of(table):
    """Give file and answer of each line; probabilities may differ in the last digit between machines."""
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in table.splitlines() if "│" in line]
    return [(file, answer) for file, answer, _ in lines]


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """One demo, for all tests that only look at what came of it."""
    folder = tmp_path_factory.mktemp("demo")
    end = demo(folder)
    assert end.returncode == 0, end.stderr
    return folder, end


@pytest.fixture(scope="module")
def exported(ended):
    folder, _ = ended
    with (folder / "demo-spool" / "export" / "results.csv").open(newline="") as stream:
        return {row["source_name"]: row for row in csv.DictReader(stream)}


def test_a_row_for_each_file_of_every_kind_of_outcome(ended, exported):
    folder, end = ended
    assert len(exported) == 12
    assert all(name in end.stdout for name in exported)
    assert exported["leg/cut-short.dcm"]["error_code"] == "truncated"
    assert exported["report/no-image.dcm"]["error_code"] == "no_image"
    assert exported["chest/jpeg-2000.dcm"]["error_code"] == "excluded_body_part"
    classified = [row for row in exported.values() if row["outcome"] == "classified"]
    assert len(classified) == 9
    same = {
        exported[name]["scan_id"]: exported[name] for name in ("leg/jpeg-2000.dcm", "leg/the-same-again.dcm")
    }
    (first,) = {row["duplicate_of"] for row in same.values()} - {""}
    assert same[first]["duplicate_of"] == ""
    assert str(folder / "demo-spool" / "results.db") in end.stdout
    assert str(folder / "demo-spool" / "export" / "results.csv") in end.stdout


def test_the_table_is_that_of_the_readme_and_of_the_rows(ended, exported):
    _, end = ended
    assert rows_of(end.stdout) == [
        (name, row["decision"] or f"{row['outcome']}: {row['error_code']}")
        for name, row in sorted(exported.items())
    ]
    assert rows_of(section((ROOT / "README.md").read_text(encoding="utf-8"), "demo")) == rows_of(end.stdout)


def test_it_fits_a_terminal_of_80_columns_and_every_code_is_explained(ended, exported):
    _, end = ended
    table = [line for line in end.stdout.splitlines() if line[:1] in "┏┃┡│└"]
    assert max(map(len, [*table, *end.stderr.splitlines()])) <= 80
    assert all(f"{row['error_code']}: " in end.stderr for row in exported.values() if row["error_code"])


def test_a_break_in_a_bone_raises_its_score(exported):
    whole, broken = (
        float(exported[f"leg/{name}.png"]["probability"]) for name in ("as-a-picture", "break-drawn-in")
    )
    assert broken > whole


def test_what_is_said_to_be_next_works_as_it_is_printed(ended, tmp_path):
    folder, end = ended
    _, _, following = end.stdout.partition("What next?")
    commands = [line.strip() for line in following.splitlines() if line.startswith("    ")]
    assert [command.rpartition(" ")[2] for command in commands[-2:]] == ["page", "run"]  # they go on
    assert len(commands) == 7
    for command in commands[:-2]:
        reported = subprocess.run(  # noqa: S602 -- as the reader types it
            command,
            shell=True,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=scaled(110),
            check=False,
        )
        assert reported.returncode in (0, 65), reported.stderr  # 65: one of the files of `classify` may fail
        assert "Traceback" not in reported.stderr
        if "classify" in command:  # as in the table above it
            assert re.search(r"chest/jpeg-2000.dcm.*excluded_body_part", reported.stdout)
    assert list((folder / "demo-maps").rglob("*.png"))
    assert "data:image/" in (folder / "demo.html").read_text()


def test_a_folder_that_is_no_spool_is_left_alone(tmp_path):
    (tmp_path / "demo-spool").mkdir()
    (tmp_path / "demo-spool" / "precious.txt").touch()
    end = demo(tmp_path)
    assert end.returncode == 73
    assert (tmp_path / "demo-spool" / "precious.txt").exists()


def test_a_second_demo_moves_the_user_s_files_aside_and_removes_its_own(ended, tmp_path):
    folder, _ = ended
    for spool in ("of-the-demo", "mine", "waits"):
        shutil.copytree(folder / "demo-spool", tmp_path / spool / "demo-spool")
    answered, *_ = (tmp_path / "mine" / "demo-spool" / "done").iterdir()  # two at midnight
    (answered / "hand.png").write_bytes(b"mine")
    (tmp_path / "waits" / "demo-spool" / "inbox" / "hand.png").write_bytes(b"mine")
    for spool, kept in (("of-the-demo", []), ("mine", ["demo-spool.1"]), ("waits", ["demo-spool.1"])):
        clear(Spool(tmp_path / spool / "demo-spool"))
        assert [path.name for path in (tmp_path / spool).iterdir()] == kept
    assert (tmp_path / "mine" / "demo-spool.1" / "results.db").exists()
    assert [path.read_bytes() for path in tmp_path.rglob("hand.png")] == [b"mine", b"mine"]


def test_the_files_of_a_demo_are_those_that_are_named(ended, exported):
    assert set(exported) == set(FILES)
