"""The calendar: each job once for each of its times, whatever becomes of the clock.

Break it: let `Schedule.watch_clock` return at once: a clock that was set plans nothing anew.
"""

import logging
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import apscheduler.executors.base
import apscheduler.schedulers.base
import pytest
from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.base import BaseScheduler
from structlog.testing import capture_logs

from daemon.jobs.history import History, read_history
from daemon.jobs.scheduler import CalendarJob, Schedule
from storage.errors import DatabaseUnavailable
from tests.support.waiting import wait_until

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def history(tmp_path):
    return History(tmp_path / ".schedule.json")


@pytest.fixture
def made(history):
    schedules = []

    def make(*jobs, **more):
        schedules.append(Schedule(jobs, history, **more))
        return schedules[-1]

    yield make
    for schedule in schedules:
        schedule.stop()


class Clock:
    """A wall clock that goes when it is told to, for APScheduler too."""

    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now.astimezone(BERLIN)


class SteppedScheduler(BaseScheduler):
    """APScheduler without its thread: jobs run here, when `step` is called."""

    def __init__(self):
        super().__init__(timezone=BERLIN)

    def start(self):
        self.add_executor(DebugExecutor())
        super().start()

    def shutdown(self, wait=True):  # noqa: FBT002 -- as APScheduler has it
        super().shutdown(wait)

    def wakeup(self):
        pass


@pytest.fixture
def clock(monkeypatch, caplog):
    clock = Clock(datetime(2026, 11, 23, 9, 0, 1, tzinfo=BERLIN))

    class Datetime(datetime):
        @classmethod
        def now(cls, tz=None):
            return clock.now.astimezone(tz)

    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", Datetime)
    monkeypatch.setattr(apscheduler.executors.base, "datetime", Datetime)
    caplog.set_level(logging.ERROR, "apscheduler")  # it says that it runs a job
    return clock


@pytest.fixture
def calendar(made, clock):
    """Jobs on a clock of their own; gives when each of them ran."""
    ran = {}

    def make(**times):
        def job(name, when):
            def run():
                ran.setdefault(name, []).append(clock())
                return {}

            at = {"at": when} if isinstance(when, time) else {"every_minutes": when}
            return CalendarJob(name, run, **at)

        jobs = [job(name, when) for name, when in times.items()]
        return made(*jobs, make=SteppedScheduler, clock=clock), ran

    return make


def let_pass(schedule, clock, hours):
    """Let time pass to each moment at which the scheduler wants to be woken."""
    end = clock.now.astimezone(ZoneInfo("UTC")) + timedelta(hours=hours)
    while True:
        wait_s = schedule._scheduler._process_jobs()
        next_at = clock.now.astimezone(ZoneInfo("UTC")) + timedelta(seconds=wait_s)
        if next_at > end:
            clock.now = end
            return
        clock.now = next_at


def test_in_24_hours_every_job_runs_as_often_as_it_should_and_none_twice(calendar, clock):
    schedule, ran = calendar(export=time(2), snapshot=time(2, 15), summary=time(6), room=15)
    schedule.start()
    let_pass(schedule, clock, 24)
    assert {name: len(times) for name, times in ran.items()} == {
        "export": 1,
        "snapshot": 1,
        "summary": 1,
        "room": 96,
    }
    assert [(at.hour, at.minute) for name in ("export", "snapshot") for at in ran[name]] == [(2, 0), (2, 15)]
    assert len(set(ran["room"])) == 96


@pytest.mark.parametrize(
    "night", [datetime(2026, 3, 28, 12, tzinfo=BERLIN), datetime(2026, 10, 24, 12, tzinfo=BERLIN)]
)
@pytest.mark.parametrize("at", [time(2, 0), time(2, 30), time(3, 0)])
def test_a_night_with_a_change_of_the_clocks_has_every_job_once(calendar, clock, night, at):
    clock.now = night
    schedule, ran = calendar(export=at)
    schedule.start()
    let_pass(schedule, clock, 24)
    assert len(ran["export"]) == 1


def test_a_job_that_was_missed_while_no_daemon_ran_is_made_up_for_once(calendar, clock):
    schedule, ran = calendar(export=time(2))
    schedule.start()
    let_pass(schedule, clock, 24)
    schedule.stop()
    clock.now += timedelta(days=3)
    schedule.start()
    let_pass(schedule, clock, 1)
    assert len(ran["export"]) == 2
    schedule.stop()
    schedule.start()
    let_pass(schedule, clock, 1)
    assert len(ran["export"]) == 2


def test_a_first_start_makes_up_for_nothing(calendar, clock):
    schedule, ran = calendar(export=time(2))
    schedule.start()
    let_pass(schedule, clock, 10)
    assert ran == {}


@pytest.mark.parametrize(("jump", "runs"), [(timedelta(days=1), 2), (timedelta(minutes=-30), 1)])
def test_a_clock_that_is_set_after_a_run_makes_no_run_twice_and_loses_none(calendar, clock, jump, runs):
    clock.now = datetime(2026, 11, 24, 1, 50, tzinfo=BERLIN)
    schedule, ran = calendar(export=time(2))
    schedule.start()
    let_pass(schedule, clock, 0.25)
    assert len(ran["export"]) == 1
    clock.now += jump
    schedule.stop()
    schedule.start()  # as watch_clock does
    let_pass(schedule, clock, 1)
    assert len(ran["export"]) == runs


def test_a_job_is_planned_for_its_time_of_day_by_the_local_clock(made, history):
    before = datetime.now().astimezone()
    made(CalendarJob("export", dict, time(12, 30, 15))).start()
    at = datetime.fromisoformat(history.entry("export").next_at).astimezone()
    assert (at.hour, at.minute, at.second) == (12, 30, 15)  # no change of the clocks leaves it out
    assert before < at <= datetime.now().astimezone() + timedelta(days=1, hours=1)


def test_a_job_runs_when_its_time_comes_and_what_it_did_is_kept(made, clock, history, tmp_path):
    just_before = datetime(2026, 11, 24, 1, 59, 59, 900_000).astimezone()
    clock.now = just_before
    with capture_logs() as logs:
        schedule = made(CalendarJob("export", lambda: {"rows": 3}, time(2)), clock=clock)
        schedule.start()  # with the thread of APScheduler, which asks the clock again and again
        assert history.entry("export").ended is None
        clock.now = just_before + timedelta(seconds=0.1)
        wait_until(lambda: logs, what="a line in the log, which is the job's last word")
        schedule.stop()
    assert [(line["event"], line["job"], line["rows"]) for line in logs] == [("job_succeeded", "export", 3)]
    kept = read_history(tmp_path / ".schedule.json")["export"]
    assert (kept.ended, kept.result) == ("done", {"rows": 3})
    assert kept.succeeded_at == kept.finished_at


@pytest.mark.parametrize(
    ("error", "code"),
    [(DatabaseUnavailable("away"), "database_unavailable"), (OSError(28, "x", "/secret/name"), "ENOSPC")],
)
def test_a_job_that_fails_is_told_by_its_code_and_runs_again(calendar, made, clock, history, error, code):
    def fail():
        raise error

    schedule = made(CalendarJob("export", fail, time(2)), make=SteppedScheduler, clock=clock)
    schedule.start()
    with capture_logs() as logs:
        let_pass(schedule, clock, 48)
    assert [(line["event"], line["code"]) for line in logs] == [("job_failed", code)] * 2
    entry = history.entry("export")
    assert (entry.ended, entry.result, entry.succeeded_at) == ("failed", {"code": code}, None)


def test_a_run_under_way_is_not_begun_a_second_time(made, clock, history):
    runs = []

    def run():
        runs.append(clock())
        schedule._run(schedule._jobs["export"])  # as a scheduler that was made anew would
        return {}

    schedule = made(CalendarJob("export", run, time(2)), make=SteppedScheduler, clock=clock)
    schedule.start()
    let_pass(schedule, clock, 24)
    assert len(runs) == 1


class Offset:
    """By how much the wall clock is ahead of the monotonic one."""

    seconds = 1000.0

    def __call__(self):
        return self.seconds


def test_a_clock_that_was_set_plans_anew(made):
    """Fault 43: a job of APScheduler waits for the old time, for a day if need be."""
    offset = Offset()
    schedule = made(CalendarJob("export", dict, time(2, 0)), offset=offset)
    schedule.start()
    before = schedule._scheduler
    schedule.watch_clock()
    assert schedule._scheduler is before
    for jump in (-86_400, 86_400):
        offset.seconds += jump
        schedule.watch_clock()
        assert schedule._scheduler is not before
        assert not before.running
        before = schedule._scheduler
        schedule.watch_clock()
        assert schedule._scheduler is before


def test_a_clock_that_is_only_corrected_changes_nothing(made):
    offset = Offset()
    schedule = made(CalendarJob("export", dict, time(2, 0)), offset=offset)
    schedule.start()
    before = schedule._scheduler
    offset.seconds += 2
    schedule.watch_clock()
    assert schedule._scheduler is before


def test_it_may_be_stopped_twice_and_without_a_start(made):
    schedule = made()
    schedule.stop()
    schedule.start()
    schedule.stop()
    schedule.stop()
