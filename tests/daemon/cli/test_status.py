import json
import re
import time
from datetime import UTC, datetime, timedelta

from daemon.jobs.history import History
from daemon.monitoring.database_log import LARGE_BYTES
from daemon.monitoring.status_file import write_status
from daemon.spool.folders import Spool
from daemon.spool.lock import hold_lock
from tests.support.recorded import fill
from tests.support.records import classified, failed, scan_id


def test_without_a_daemon_it_tells_what_is_known_and_exits_69(recorded, call):
    end = call(recorded, "status", "--json")
    reported = json.loads(end.stdout)
    assert end.returncode == 69
    assert (reported["running"], reported["database"]["scans"]) == (False, 4)
    assert "no daemon runs" in end.stderr


def test_a_failure_that_was_requeued_and_answered_counts_no_more(tmp_path, call):
    rows = [failed(1), failed(2), classified(3, requeued_from=scan_id(1))]
    database = json.loads(call(fill(tmp_path / "spool", rows), "status", "--json").stdout)["database"]
    assert (database["scans"], database["superseded"]) == (3, 1)
    assert {(one["outcome"], one["scans"]) for one in database["by"]} == {("failed", 1), ("classified", 1)}


def test_with_a_daemon_it_shows_what_that_says_of_itself(recorded, call):
    spool = Spool(recorded)
    with hold_lock(spool):
        write_status(spool, {"waiting": 17, "pauses": {"disk": "2026-11-23T12:00:00Z"}})
        end = call(recorded, "status")
        reported = json.loads(call(recorded, "status", "--json").stdout)
    assert end.returncode == 0, end.stderr
    assert reported["daemon"] == {"waiting": 17, "pauses": {"disk": "2026-11-23T12:00:00Z"}}
    assert "17" in end.stdout
    assert end.stdout.startswith(f"the daemon on the spool {spool.root} takes nothing in (disk): 17 waiting")
    assert re.search("▲ fractured +1\n", end.stdout)


def test_times_are_local_and_say_of_which_zone(recorded, call, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    spool, at = Spool(recorded), "2026-11-23T12:00:00.250000+00:00"
    try:
        with hold_lock(spool):
            pause = {"disk": {"since": at, "cause": "ENOSPC"}}
            write_status(spool, {"started_at": at, "pauses": pause, "updated_at": None})
            shown = call(recorded, "status").stdout
            plain = json.loads(call(recorded, "status", "--json").stdout)
        explained = call(recorded, "explain", scan_id(1)).stdout
    finally:
        monkeypatch.undo()
        time.tzset()
    assert shown.count("2026-11-23 17:30:00 IST") == 2
    assert plain["daemon"]["started_at"] == at
    assert "2026-11-23 17:30:01 IST" in explained


def test_the_last_comparison_of_rows_with_files_is_shown(recorded, call):
    spool = Spool(recorded)
    assert json.loads(call(recorded, "status", "--json").stdout)["check"] == {
        "finished_at": None,
        "ended": None,
    }
    found = {"differences": 3, "by": {"orphan_file": 3}}
    History(spool.schedule_file).ended("check", "done", found, datetime(2026, 11, 23, 4, tzinfo=UTC))
    shown = json.loads(call(recorded, "status", "--json").stdout)["check"]
    assert shown == {"finished_at": "2026-11-23T04:00:00+00:00", "ended": "done"} | found
    assert re.search(
        "last comparison of rows with files.*by.orphan_file +3", call(recorded, "status").stdout, re.DOTALL
    )


def test_a_large_log_of_the_database_comes_with_what_to_do(recorded, call):
    spool = Spool(recorded)
    with hold_lock(spool):
        write_status(spool, {"database_log_bytes": LARGE_BYTES})
        assert "fuser" in call(recorded, "status").stderr
        write_status(spool, {"database_log_bytes": LARGE_BYTES - 1})
        assert "fuser" not in call(recorded, "status").stderr


def test_it_answers_where_nothing_is(tmp_path, call):
    end = call(tmp_path / "nothing", "status", "--json")
    reported = json.loads(end.stdout)
    assert end.returncode == 69
    assert "there is no results database" in reported["database"]["error"]
    assert not (tmp_path / "nothing").exists()


def test_words_of_a_daemon_that_left_are_called_its_last(recorded, call):
    write_status(Spool(recorded), {"state": "running"})
    end = call(recorded, "status")
    assert end.returncode == 69
    assert re.search(r"last daemon\s+state +running", end.stdout)
    assert "the last daemon ended without warning" in end.stderr
    write_status(Spool(recorded), {"state": "stopped"})
    assert "without warning" not in call(recorded, "status").stderr


def test_words_that_are_old_are_not_passed_on_without_a_warning(recorded, call):
    """On a full disk the status file stays as it was, and says nothing of the pause."""
    spool, now = Spool(recorded), datetime.now(UTC)
    with hold_lock(spool):
        write_status(spool, {"updated_at": (now - timedelta(minutes=5)).isoformat()})
        old = call(recorded, "status")
        write_status(spool, {"updated_at": now.isoformat()})
        new = call(recorded, "status")
    assert (old.returncode, new.returncode) == (0, 0)
    assert "this status is 30" in old.stderr
    assert new.stderr == ""


def test_health_is_0_while_the_daemon_speaks_and_69_once_it_does_not(recorded, call):
    spool, now = Spool(recorded), datetime.now(UTC)
    with hold_lock(spool):
        write_status(spool, {"state": "running", "updated_at": now.isoformat()})
        works = call(recorded, "status", "--health")
        write_status(spool, {"state": "running", "updated_at": (now - timedelta(seconds=30)).isoformat()})
        slow = call(recorded, "status", "--health")
        write_status(spool, {"state": "running", "updated_at": (now - timedelta(minutes=5)).isoformat()})
        hangs = call(recorded, "status", "--health")
    gone = call(recorded, "status", "--health")
    assert (works.returncode, works.stdout, works.stderr) == (0, "running\n", "")
    assert slow.returncode == 0
    assert (hangs.returncode, gone.returncode) == (69, 69)
    assert "wrote no status for 30" in hangs.stderr


def test_health_asks_no_database(tmp_path, call):
    spool = Spool(tmp_path)
    with hold_lock(spool):
        end = call(tmp_path, "status", "--health", database_url="postgresql://127.0.0.1:1/none")
    assert (end.returncode, end.stdout) == (0, "starting\n"), end.stderr


def test_check_is_0_while_files_are_taken_in_and_69_with_the_reasons_while_they_are_not(recorded, call):
    """Break it: let `why_nothing_is_taken_in` look at the state alone."""
    spool, now = Spool(recorded), datetime.now(UTC)
    well = {"state": "running", "updated_at": now.isoformat(), "pauses": {}, "set_aside": ["an id"]}
    full = {"disk": {"since": now.isoformat(), "cause": "ENOSPC"}}
    old = (now - timedelta(minutes=5)).isoformat()
    ends = []
    with hold_lock(spool):
        for changed in (
            {},
            {"state": "starting"},
            {"pauses": full},
            {"canary": ["canary: no answer for 70 s"]},
            {"updated_at": old},
        ):
            write_status(spool, well | changed)
            assert call(recorded, "status").returncode == 0
            ends.append(call(recorded, "status", "--check"))
    assert [end.returncode for end in ends] == [0, 69, 69, 69, 69]
    assert "an id" in ends[0].stdout
    for end, reason in zip(ends[1:], ("starting", "disk: ENOSPC", "canary: no answer", "30"), strict=True):
        assert "takes no file in" in end.stderr
        assert reason in end.stderr
        assert re.search("▲ fractured +1\n", end.stdout)  # it still shows what is known


def test_check_asks_whether_the_database_answers(tmp_path, call):
    spool = Spool(tmp_path)
    with hold_lock(spool):
        write_status(spool, {"state": "running", "updated_at": datetime.now(UTC).isoformat(), "pauses": {}})
        end = call(tmp_path, "status", "--check", database_url="postgresql://127.0.0.1:1/none")
    assert end.returncode == 69
    assert "database: no answer" in end.stderr
