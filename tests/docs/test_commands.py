"""Every command in a document's ``sh`` blocks is run, in the order of reading; every target of make is known.

What needs root, another machine or minutes stands in blocks of another kind.
"""

import os
import signal
import subprocess

import pytest

from tests.docs.documents import LASTING, name, shell_lines, text
from tests.support.daemons import environment, files, rows, start
from tests.support.deadlines import scaled
from tests.support.forked import write_command
from tests.support.pictures import png_bytes
from tests.support.shared import ROOT
from tests.support.waiting import wait_until

COMMANDS = {path: shell_lines(text(path)) for path in LASTING}
WITH_INBOXRAY = [
    path for path, lines in COMMANDS.items() if any(line.startswith("inboxray") for line in lines)
]
SCANS = 2


@pytest.fixture
def place(tmp_path):
    """A working folder as the documents mean it: ./spool with scans in its inbox, and a folder of scans."""
    for folder in (tmp_path / "spool" / "inbox", tmp_path / "FOLDER"):
        folder.mkdir(parents=True)
        (folder / "scan.png").write_bytes(png_bytes(1))
        (folder / "cut.png").write_bytes(png_bytes(2)[:-20])
    write_command(tmp_path / "bin")
    return tmp_path


def surroundings(place):
    variables = environment(place / "spool", settle_s=0.2, incomplete_wait_s=0.5, look_interval_ms=50)
    del variables["INBOXRAY_SPOOL"]  # ./spool is the default
    search = f"{place / 'bin'}{os.pathsep}{variables['PATH']}"
    return variables | {"PATH": search}


def run_daemon(place):
    """Start it, see it watch, ask it to stop."""
    status = place / "spool" / ".status.json"
    status.unlink(missing_ok=True)
    with (place / "log").open("ab") as log:
        process = start(["run"], env=surroundings(place), stdout=log, stderr=log, folder=place)
    wait_until(lambda: status.exists() or process.poll() is not None, timeout_s=60, what="a status")
    process.send_signal(signal.SIGTERM)
    return process.wait(scaled(60))


def a_scan(place):
    """Give a scan whose file is there."""
    for row in rows(place / "spool", "scan_id, stored_path"):
        if (place / "spool" / row["stored_path"]).exists():
            return row["scan_id"]
    raise AssertionError("no scan has its file")


def run_as_typed(command, place):
    line = command.replace("SCAN", a_scan(place)) if "SCAN" in command else command
    end = subprocess.run(  # noqa: S602 -- as the reader types it
        line, shell=True, cwd=place, env=surroundings(place), capture_output=True, text=True, check=False
    )
    assert end.returncode == 0, f"{line}\n{end.stdout}\n{end.stderr}"


@pytest.mark.parametrize("command", sorted({line for lines in COMMANDS.values() for line in lines}))
def test_a_block_holds_what_can_be_run_here(command):
    assert command.startswith(("make ", "inboxray ")), "write it in a `console` block"
    if command.startswith("make "):
        end = subprocess.run(
            [*command.split(), "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert end.returncode == 0, end.stderr


@pytest.mark.timeout(300)
@pytest.mark.parametrize("document", WITH_INBOXRAY, ids=name)
def test_the_commands_work_in_the_order_of_reading(document, place):
    commands = [line for line in COMMANDS[document] if line.startswith("inboxray ")]
    for command in commands:
        if command == "inboxray run":
            assert run_daemon(place) == 0
        else:
            run_as_typed(command, place)
    assert len(files(place / "spool")) >= SCANS  # nothing that was dropped is gone


def test_enough_is_run():
    assert sum(len(lines) for lines in COMMANDS.values()) > 20
