"""Faults 58 and 59: a file server's clock, and a name that is made before its bytes come.

Break it: subtract a file's ctime from the wall clock in `daemon.inbox.settle.see` (58); call a file
without bytes `UNKNOWN` in `model.reading.completeness` (59).
"""

import time

import pytest

from daemon.decoding.pool import DecoderPool
from daemon.inbox.intake import Intake
from daemon.inbox.settle import Patience
from daemon.inbox.sweep import Ignore
from daemon.spool.folders import Spool, create
from daemon.states import State
from tests.faults.conftest import CALM, Patient
from tests.support.deadlines import scaled
from tests.support.limits import LIMITS
from tests.support.pictures import png_bytes
from tests.support.waiting import wait_until


@pytest.fixture
def polled(tmp_path):
    """An inbox without events and its intake, whose monotonic clock stands until the test lets it go on."""
    spool = Spool(tmp_path / "spool")
    create(spool)
    moment = [1000.0]
    patience = Patience(look_interval_s=0.0625, settle_s=0.5, incomplete_wait_s=1)
    with DecoderPool(1, LIMITS) as pool:
        intake = Intake(spool.inbox, pool, patience, Ignore(()), lambda: None, clock=lambda: moment[0])
        yield spool, intake, moment


def looked_at(intake):
    """Let the intake sweep, and examine what it met."""
    intake.begin_sweep()

    def rests():
        intake.advance()
        return intake.idle or intake.files.count(State.READY, State.OVERDUE)

    wait_until(rests, what="the sweep and its examinations")


def test_58_the_times_of_a_file_say_nothing_of_its_writer(polled):
    """A file that seems to be older than `settle_s` because its server's clock is behind ours."""
    spool, intake, moment = polled
    file = spool.inbox / "half.dcm"
    file.write_bytes(b"DICOM, some day")
    wait_until(lambda: time.time_ns() - file.stat().st_ctime_ns > 0.6e9, what="the file to seem old")
    for _ in range(4):
        looked_at(intake)
        assert list(intake.ready(9)) == []
        moment[0] += 0.0625
    moment[0] += 0.5
    looked_at(intake)
    assert list(intake.ready(9)) == [b"half.dcm"]


def test_59_an_empty_placeholder_waits_for_its_bytes(tmp_path):
    with Patient(tmp_path / "spool", **CALM | {"incomplete_wait_s": scaled(300)}) as daemon:
        folder = daemon.inbox / "made"
        folder.mkdir()
        (folder / "later.png").touch()
        (folder / "note.txt").write_text("no picture")  # it settles, and is answered
        daemon.wait_for("made", 1)
        assert [row["error_code"] for row in daemon.rows("made")] == ["unknown_format"]
        (folder / "later.png").write_bytes(png_bytes(1))
        assert {"unknown_format", None} == {row["error_code"] for row in daemon.wait_for("made", 2)}
