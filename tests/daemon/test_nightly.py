import csv
import stat
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from daemon.nightly import FILE_NAME, nightly_export
from daemon.settings import Settings
from daemon.spool import Spool
from tests.support.recorded import fill, scans
from tests.support.waiting import wait_until


@pytest.fixture
def soon():
    return (datetime.now().astimezone() + timedelta(seconds=2)).time().replace(microsecond=0)


def test_every_row_is_in_the_file_that_people_open(spool, soon):
    fill(spool.root)
    file = spool.export / FILE_NAME
    with capture_logs() as logs, nightly_export(Settings(spool=spool.root, export_at=soon)):
        wait_until(lambda: logs, what="a line in the log, which is the job's last word")
    assert [line["event"] for line in logs] == ["exported"]
    with file.open(newline="") as lines:
        assert len(list(csv.reader(lines))) == 1 + len(scans())
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


@pytest.mark.parametrize("missing", ["database", "folder"])
def test_an_export_that_fails_is_told_and_ends_nothing(spool, soon, missing):
    if missing == "folder":
        fill(spool.root)
        spool.export.rmdir()
    with capture_logs() as logs, nightly_export(Settings(spool=spool.root, export_at=soon)):
        wait_until(lambda: logs, what="a line in the log")
    assert [line["event"] for line in logs] == ["export_failed"]
    assert logs[0]["code"]


def test_off_means_off(tmp_path):
    with nightly_export(Settings(spool=tmp_path, export_at=None)) as schedule:
        assert schedule is None
    assert not Spool(tmp_path).export.exists()
