from datetime import datetime, time, timedelta

import pytest

from daemon import schedule as module
from daemon.schedule import Schedule
from tests.support.waiting import wait_until


@pytest.fixture
def made():
    schedules = []

    def make(jobs):
        schedules.append(Schedule(jobs))
        return schedules[-1]

    yield make
    for schedule in schedules:
        schedule.stop()


def planned(schedule, name="export"):
    return schedule._scheduler.get_job(name).next_run_time


def test_a_job_is_planned_for_its_time_of_day_by_the_local_clock(made):
    schedule = made({"export": (time(2, 30, 15), lambda: None)})
    schedule.start()
    at = planned(schedule).astimezone()
    assert (at.hour, at.minute, at.second) == (2, 30, 15)
    assert timedelta(0) < at - datetime.now().astimezone() <= timedelta(days=1, hours=1)


def test_a_job_runs_when_its_time_comes(made):
    ran = []
    soon = (datetime.now().astimezone() + timedelta(seconds=2)).time().replace(microsecond=0)
    schedule = made({"export": (soon, lambda: ran.append(1))})
    schedule.start()
    wait_until(lambda: ran, what="the job to run")


def test_a_clock_that_was_set_plans_anew(made, monkeypatch):
    """Fault 43: a job of APScheduler waits for the old time, for a day if need be."""
    schedule = made({"export": (time(2, 0), lambda: None)})
    schedule.start()
    before = schedule._scheduler
    schedule.watch_clock()
    assert schedule._scheduler is before
    offset = module._wall_offset()
    for jump in (-86_400, 86_400):
        monkeypatch.setattr(module, "_wall_offset", lambda jump=jump: offset + jump)
        schedule.watch_clock()
        assert schedule._scheduler is not before
        assert not before.running
        before = schedule._scheduler
        schedule.watch_clock()
        assert schedule._scheduler is before


def test_a_clock_that_is_only_corrected_changes_nothing(made, monkeypatch):
    schedule = made({"export": (time(2, 0), lambda: None)})
    schedule.start()
    before = schedule._scheduler
    offset = module._wall_offset()
    monkeypatch.setattr(module, "_wall_offset", lambda: offset + 2)
    schedule.watch_clock()
    assert schedule._scheduler is before


def test_it_may_be_stopped_twice_and_without_a_start(made):
    schedule = made({})
    schedule.stop()
    schedule.start()
    schedule.stop()
    schedule.stop()
