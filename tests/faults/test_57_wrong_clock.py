"""Fault 57: a wall clock that is wrong takes no file away, and what went by a wrong one is no agreement.

Break it: let `Notices.rests_for` return 0 and `Notices.was_announced` True: today's files go at once.
"""

import dataclasses
import os
import time
from datetime import UTC, datetime, timedelta

import pytest

import daemon.jobs.planned
from daemon.jobs.planned import planned_jobs
from daemon.settings.fields import Settings
from daemon.spool.folders import Spool, create
from daemon.spool.removals import NOTE_NAME, note_removal
from tests.support.daemons import inboxray
from tests.support.recorded import fill
from tests.support.records import classified


def filled(root, age):
    """Make a spool with files that are so many days old, and their rows."""
    spool = Spool(root)
    create(spool)
    day = datetime.now(UTC).date() - timedelta(days=age)
    records = [
        dataclasses.replace(classified(number), stored_path=f"done/{day}/{number}.dcm")
        for number in range(1, 6)
    ]
    fill(root, records)
    return spool


@pytest.fixture
def spool(tmp_path):
    """A spool with files of today."""
    return filled(tmp_path / "spool", age=0)


@pytest.fixture
def set_wall_clock(monkeypatch):
    """Set the wall clock of this process alone; the monotonic clock goes on."""
    true_time = time.time

    def set_wall_clock(ahead):
        class Datetime(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.now(tz) + ahead

        monkeypatch.setattr(daemon.jobs.planned, "datetime", Datetime)
        monkeypatch.setattr(time, "time", lambda: true_time() + ahead.total_seconds())

    return set_wall_clock


def run_jobs_of(spool):
    """Run retention as a daemon that starts now does."""
    settings = Settings(spool=spool.root, keep_done_days=30, keep_failed_days=30, min_free_percent=50)
    jobs = {job.name: job for job in planned_jobs(settings)}
    return jobs["retention"].run()


def stored(spool):
    return len(list(spool.done.rglob("*.dcm")))


def test_57_a_clock_40_days_ahead_takes_nothing(spool, set_wall_clock):
    run_jobs_of(spool)
    set_wall_clock(timedelta(days=40))
    for _ in range(3):  # each with a start, as after a crash
        reported = run_jobs_of(spool)
        assert (reported["files"], reported["rests_days"]) == (0, 30)
    set_wall_clock(timedelta(days=80))
    run_jobs_of(spool)
    assert stored(spool) == 5
    assert inboxray(spool.root, "db", "check").returncode == 0


def test_57_a_clock_that_was_wrong_from_the_start_takes_nothing(spool, set_wall_clock):
    set_wall_clock(timedelta(days=40))
    run_jobs_of(spool)
    run_jobs_of(spool)
    assert stored(spool) == 5


def test_57_without_a_day_of_notice_nothing_goes(tmp_path):
    """A daemon that was off when the notice was due gives it first; a folder of today: the clock is right."""
    spool = filled(tmp_path / "spool", age=60)
    (spool.done / str(datetime.now(UTC).date())).mkdir()
    for _ in range(2):
        assert run_jobs_of(spool) == {"files": 0, "bytes": 0, "kept_without_row": 0}
    assert stored(spool) == 5


def test_57_what_went_too_early_is_no_agreement(spool):
    """Files of today that retention took, 40 days ahead of the time."""
    day = next(spool.done.iterdir())
    note_removal(day, [f"done/{day.name}/1.dcm"])
    (day / "1.dcm").unlink()
    ahead = time.time() + 40 * 86_400
    os.utime(day / NOTE_NAME, (ahead, ahead))
    end = inboxray(spool.root, "db", "check")
    assert end.returncode == 65
    assert "removed_early" in end.stdout
    assert "backup of the spool" in end.stderr


def test_57_a_note_with_any_bytes_ends_no_check(spool):
    day = next(spool.done.iterdir())
    (day / NOTE_NAME).write_bytes(b"\ndone/\xff\xfe.dcm\n")
    assert inboxray(spool.root, "db", "check").returncode == 0
