"""Announcements, and what can be trusted of the clocks.

Break it: leave `_note_jump` out of `Notices._count` or of `Notices._start`; count ages by the wall clock.
"""

import json
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from daemon.jobs.notices import Notices, read_clocks
from tests.support.clocks import TurnedClocks

NAME = "done/2026-11-23"
NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)


@pytest.fixture
def clocks():
    return TurnedClocks(NOW)


@pytest.fixture
def make(tmp_path, clocks):
    def make(newest=None):
        return Notices(tmp_path / ".notices.json", lambda: newest, clocks)

    return make


def rests(notices):
    return notices.rests_for(30) > 0


def test_a_notice_needs_a_full_day_of_running(make, clocks):
    notices = make()
    notices.see([NAME])
    assert notices.announce(NAME)
    clocks.run(hours=23, minutes=59)
    notices.tick()
    assert not notices.was_announced(NAME)
    assert not notices.was_there(NAME)
    clocks.run(minutes=6)
    notices.tick()
    assert notices.was_announced(NAME)
    assert notices.was_there(NAME)
    assert not notices.announce(NAME)  # once is enough


def test_time_that_no_daemon_ran_is_no_notice(make, clocks):
    make().announce(NAME)
    clocks.run(days=2)  # the machine ran, no daemon did
    notices = make()
    assert not notices.was_announced(NAME)
    clocks.sleep(days=2)
    notices.see([NAME])
    assert not notices.was_announced(NAME)
    assert not rests(notices)


def test_what_was_counted_outlives_a_restart(make, clocks):
    notices = make()
    notices.announce(NAME)
    for _ in range(24):
        clocks.run(hours=1)
        notices.tick()
        notices = make()
    assert notices.was_announced(NAME)


@pytest.mark.parametrize("days", [40, 1, -40])
def test_after_a_jump_it_rests_for_as_long_as_files_are_kept(make, clocks, days):
    notices = make()
    notices.announce(NAME)
    clocks.set_wall(days=days)
    with capture_logs() as logs:
        notices.see([NAME])
    assert [(line["event"], line["days"]) for line in logs] == [("clock_jumped", days)]
    assert notices.announce(NAME)  # the notice of before is void
    for _ in range(30):
        assert rests(notices)
        assert rests(make())
        clocks.run(days=1)
        notices.see([NAME])
    assert not rests(notices)


def test_a_jump_while_no_daemon_ran_is_noticed(make, clocks):
    make()
    clocks.run(hours=1)
    clocks.set_wall(days=2)
    assert rests(make())


def test_a_machine_that_was_off_over_a_weekend_is_no_jump_and_one_that_starts_weeks_ahead_is(make, clocks):
    make()
    clocks.boot(days=3)
    assert not rests(make())
    clocks.boot(days=40)
    assert rests(make())


def test_a_machine_that_starts_in_the_past_is_a_jump(make, clocks):
    make()
    clocks.boot(days=-300)
    assert rests(make())


@pytest.mark.parametrize(
    ("day", "expected"), [("2026-11-27", False), ("2026-10-19", True), ("2027-01-01", True)]
)
def test_at_first_the_newest_file_tells_whether_the_clock_is_right(make, day, expected):
    notices = make(datetime.fromisoformat(day).date())
    assert rests(notices) is expected


def test_small_steps_add_up(make, clocks):
    notices = make()
    for _ in range(13):
        clocks.run(hours=1)
        clocks.set_wall(hours=1)
        notices.tick()
    assert rests(notices)


def test_sleep_and_small_corrections_are_no_jump(make, clocks):
    notices = make()
    clocks.sleep(days=3)
    clocks.run(minutes=10)
    clocks.set_wall(minutes=-30)
    notices.tick()
    assert not rests(notices)


def test_a_folder_that_is_gone_is_forgotten(tmp_path, make):
    notices = make()
    notices.see([NAME])
    notices.announce(NAME)
    notices.see([])
    known = json.loads((tmp_path / ".notices.json").read_text())
    assert known["seen"] == known["announced"] == {}


def test_a_broken_file_is_none(tmp_path, make, clocks):
    notices = make()
    notices.announce(NAME)
    clocks.run(days=1)
    notices.tick()
    (tmp_path / ".notices.json").write_text("{")
    assert not make().was_announced(NAME)


def test_a_full_disk_is_logged_once_and_ends_nothing(tmp_path, clocks):
    with capture_logs() as logs:
        notices = Notices(tmp_path / "gone" / "x", lambda: None, clocks)
        notices.announce(NAME)
    assert [line["event"] for line in logs] == ["notices_write_failed"]


def test_the_clocks_of_this_machine_go_together():
    first, second = read_clocks(), read_clocks()
    assert first.boot_id == second.boot_id
    assert 0 <= second.running_s - first.running_s <= second.since_boot_s - first.since_boot_s + 1
