import json
from datetime import UTC, datetime, timedelta

from daemon.jobs.history import History
from daemon.spool.folders import Spool
from daemon.spool.lock import hold_lock

AT = datetime(2026, 11, 23, 2, tzinfo=UTC)


def ran(spool):
    history = History(spool.schedule_file)
    history.plan({"export": AT + timedelta(days=1), "summary": AT})
    history.began("export", AT, AT)
    history.ended("export", "done", {"rows": 17}, AT + timedelta(seconds=2))


def test_it_shows_when_each_job_ran_and_runs_next(recorded, call):
    spool = Spool(recorded)
    ran(spool)
    with hold_lock(spool):
        shown = call(recorded, "schedule")
        reported = json.loads(call(recorded, "schedule", "--json").stdout)
    assert shown.returncode == 0, shown.stderr
    assert "rows=17" in shown.stdout
    assert reported["running"]
    export = next(job for job in reported["jobs"] if job["job"] == "export")
    assert (export["ended"], export["result"]) == ("done", {"rows": 17})
    assert export["last"].startswith("2026-11-23T02:00:00")
    assert export["next"].startswith("2026-11-24T02:00:00")
    assert export["succeeded"].startswith("2026-11-23T02:00:02")


def test_without_a_daemon_it_lists_what_would_run_and_says_that_nothing_does(recorded, call):
    end = call(recorded, "schedule", "--json")
    reported = json.loads(end.stdout)
    assert end.returncode == 0
    assert not reported["running"]
    assert {job["job"] for job in reported["jobs"]} == {
        "check",
        "drift",
        "export",
        "optimize",
        "snapshot",
        "summary",
    }
    assert {job["next"] for job in reported["jobs"]} == {None}
    assert "no daemon runs" in call(recorded, "schedule").stderr


def test_a_file_that_is_no_history_is_none(recorded, call):
    Spool(recorded).schedule_file.write_text('["what?"]')
    assert call(recorded, "schedule", "--json").returncode == 0
