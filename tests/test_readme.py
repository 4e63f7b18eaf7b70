"""Every command in README is run, its settings are those of the code, the files that it names are there."""

import os
import re
import signal
import subprocess
import sys
from datetime import time
from pathlib import Path

import pytest

from daemon.settings.fields import Settings
from tests.support.daemons import environment, files, rows
from tests.support.pictures import png_bytes
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.partition("  #")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
]
SCANS = 2


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A working folder as README has it in mind: ./spool with scans in its inbox, and a folder of scans."""
    place = tmp_path_factory.mktemp("readme")
    for folder in (place / "spool" / "inbox", place / "FOLDER"):
        folder.mkdir(parents=True)
        (folder / "scan.png").write_bytes(png_bytes(1))
        (folder / "cut.png").write_bytes(png_bytes(2)[:-20])
    return place


def surroundings(place):
    variables = environment(place / "spool", settle_s=0.2, incomplete_wait_s=0.5, look_interval_ms=50)
    del variables["INBOXRAY_SPOOL"]  # README says that ./spool is the default
    search = f"{Path(sys.executable).parent}{os.pathsep}{variables['PATH']}"
    return variables | {"PATH": search}


def run_daemon(place):
    """Start it, see it watch, ask it to stop."""
    status = place / "spool" / ".status.json"
    status.unlink(missing_ok=True)
    with subprocess.Popen(["inboxray", "run"], cwd=place, env=surroundings(place)) as process:
        wait_until(lambda: status.exists() or process.poll() is not None, timeout_s=60, what="a status")
        process.send_signal(signal.SIGTERM)
    return process.returncode


def a_scan(place):
    """Give a scan whose file is there."""
    for row in rows(place / "spool", "scan_id, stored_path"):
        if (place / "spool" / row["stored_path"]).exists():
            return row["scan_id"]
    raise AssertionError("no scan has its file")


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.startswith("make ")])
def test_make_knows_the_target(command):
    end = subprocess.run(
        [*command.split(), "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert end.returncode == 0, end.stderr


@pytest.mark.timeout(300)
def test_every_other_command_works_in_the_order_of_reading(place):
    ran = 0
    for command in COMMANDS:
        if command.startswith("make "):
            continue
        if command == "inboxray run":
            assert run_daemon(place) == 0
        else:
            line = command.replace("SCAN", a_scan(place)) if "SCAN" in command else command
            end = subprocess.run(  # noqa: S602 -- as the reader types it
                line,
                shell=True,
                cwd=place,
                env=surroundings(place),
                capture_output=True,
                text=True,
                check=False,
            )
            assert end.returncode == 0, f"{line}\n{end.stdout}\n{end.stderr}"
        ran += 1
    assert ran > 10
    assert len(files(place / "spool" / "done")) + len(files(place / "spool" / "inbox")) >= SCANS


def test_the_table_of_settings_is_that_of_the_code():
    table = re.search(r"<!-- settings -->\n(.*)<!-- /settings -->", README, re.DOTALL)
    assert table is not None
    assert settings_table() == table[1]


def settings_table() -> str:
    """Write the table; `python -m tests.test_readme` prints it, to be pasted."""
    lines = ["| setting | default | |", "|---|---|---|"]
    for key, field in Settings.model_fields.items():
        lines.append(f"| `{key}` | {_shown(field.default)} | {field.description} |")
    return "\n".join(lines) + "\n"


def _shown(value) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return " ".join(f"`{one}`" for one in value)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, Path):
        return f"./{value}"
    return str(value).lower()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(tests/[\w/.]+)`|\]\(([\w/.]+)\)", README))))
def test_every_file_that_is_named_is_there(path):
    assert (ROOT / (path[0] or path[1])).exists()


if __name__ == "__main__":
    print(settings_table(), end="")  # noqa: T201 -- what this program is for
