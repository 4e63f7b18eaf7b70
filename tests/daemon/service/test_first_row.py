"""What a start imports before its first row: each of these was once a tenth of it, or is of another part."""

import subprocess
import sys

import pytest

from tests.support.daemons import environment
from tests.support.deadlines import scaled
from tests.support.pictures import png_bytes

FIRST_ROW = """
import os, sys
from daemon.cli import main
from daemon.pipeline.ledger_writer import Recorder

record = Recorder.record

def recorded(*arguments):
    record(*arguments)
    print(*sys.modules, flush=True)
    os._exit(0)  # its children end with it

Recorder.record = recorded
sys.argv = ["inboxray", "run"]
main()
"""

NEEDLESS = {
    "apscheduler",
    "cv2",
    "daemon.jobs.planned",
    "imagecodecs",
    "PIL",
    "pydicom",
    "sqlalchemy.orm",
    "storage.export",
    "tensorflow",
}
TO_UPGRADE = {"alembic", "mako", "sqlalchemy.dialects.postgresql"}


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """Start twice on one spool, a file waiting each time; give what had been imported at the first row."""
    spool = tmp_path_factory.mktemp("first") / "spool"
    found = []
    for number in range(2):
        (spool / "inbox").mkdir(parents=True, exist_ok=True)
        (spool / "inbox" / f"{number}.png").write_bytes(png_bytes(number))
        end = subprocess.run(
            [sys.executable, "-c", FIRST_ROW],
            env=environment(spool, settle_s=0),
            capture_output=True,
            text=True,
            check=True,
            timeout=scaled(120),
        )
        found.append(set(end.stdout.split()))
    return found


def test_the_first_row_waits_for_no_import_that_it_does_not_need(imported):
    """Break it: import the calendar's jobs at the top of `daemon.service.service`."""
    assert [NEEDLESS & names for names in imported] == [set(), set()]


def test_only_a_database_without_tables_needs_alembic(imported):
    new, known = imported
    assert (TO_UPGRADE & new, TO_UPGRADE & known) == (TO_UPGRADE, set())
