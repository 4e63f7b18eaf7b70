"""The first thing a newcomer types, typed: `python -m daemon.demo`."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.documents import section

pytest.importorskip("data_store", reason="the extra `demo` is not installed")

ROOT = Path(__file__).resolve().parents[2]


def demo(folder):
    search = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [sys.executable, "-m", "daemon.demo"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": search},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def shown_in_readme():
    """Give the rows of README's table; probabilities may differ in the last digit from machine to machine."""
    table = section((ROOT / "README.md").read_text(encoding="utf-8"), "demo")
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in table.splitlines() if "│" in line]
    return [(name, outcome, code, decision) for name, _, _, outcome, code, decision, _ in lines]


def test_a_row_for_each_file_of_every_kind_of_outcome(tmp_path):
    end = demo(tmp_path)
    assert end.returncode == 0, end.stderr
    spool = tmp_path / "demo-spool"
    with (spool / "export" / "results.csv").open(newline="") as stream:
        rows = {row["source_name"]: row for row in csv.DictReader(stream)}
    assert len(rows) == 12
    assert all(name in end.stdout for name in rows)
    assert rows["leg/cut-short.dcm"]["error_code"] == "truncated"
    assert rows["report/no-image.dcm"]["error_code"] == "no_image"
    classified = [row for row in rows.values() if row["outcome"] == "classified"]
    assert len(classified) == 10
    same = {rows[name]["scan_id"]: rows[name] for name in ("leg/jpeg-2000.dcm", "leg/the-same-again.dcm")}
    (first,) = {row["duplicate_of"] for row in same.values()} - {""}
    assert same[first]["duplicate_of"] == ""
    assert shown_in_readme() == [
        (row["source_name"], row["outcome"], row["error_code"], row["decision"])
        for _, row in sorted(rows.items())
    ]
    assert str(spool / "results.db") in end.stdout
    assert str(spool / "export" / "results.csv") in end.stdout


def test_a_folder_that_is_no_spool_is_left_alone(tmp_path):
    (tmp_path / "demo-spool").mkdir()
    (tmp_path / "demo-spool" / "precious.txt").touch()
    end = demo(tmp_path)
    assert end.returncode == 73
    assert (tmp_path / "demo-spool" / "precious.txt").exists()
