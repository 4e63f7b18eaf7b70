import pytest

from daemon.jobs.history import History, read_history
from daemon.service.calendar import Calendar
from daemon.settings.fields import Settings


@pytest.fixture
def history(spool):
    return History(spool.schedule_file)


def calendar(spool, history, *, is_resting, **more):
    return Calendar(Settings(spool=spool.root), history, None, None, lambda: is_resting, **more)


def test_jobs_are_planned_once_the_daemon_rests(spool, history):
    with calendar(spool, history, is_resting=True) as one:
        assert history.entries() == {}
        one.tick()
        planned = {name for name, entry in history.entries().items() if entry.next_at}
        one.tick()

    assert {"export", "check", "drift"} <= planned


def test_jobs_wait_while_there_is_something_to_do(spool, history):
    with calendar(spool, history, is_resting=False, latest_s=3600) as one:
        one.tick()

    assert history.entries() == {}


def test_what_the_daemon_before_meant_to_run_is_not_planned_any_more(spool, history):
    """Break it: keep it. For a minute `inboxray schedule` shows times that nothing keeps."""
    with calendar(spool, history, is_resting=True) as one:
        one.tick()
    again = History(spool.schedule_file)
    assert again.entry("export").next_at
    with calendar(spool, again, is_resting=False, latest_s=3600):
        assert read_history(spool.schedule_file).keys() == history.entries().keys()
        assert not any(entry.next_at for entry in read_history(spool.schedule_file).values())


def test_jobs_wait_no_longer_than_is_allowed(spool, history):
    with calendar(spool, history, is_resting=False, latest_s=0) as one:
        one.tick()

    assert history.entry("export").next_at


def test_a_clock_that_was_set_is_seen(spool, history, monkeypatch):
    """Break it: forget the schedule once it has begun."""
    with calendar(spool, history, is_resting=True) as one:
        one.tick()
        seen = []
        monkeypatch.setattr(one._schedule, "watch_clock", lambda: seen.append(True))
        one.tick()

    assert seen == [True]
