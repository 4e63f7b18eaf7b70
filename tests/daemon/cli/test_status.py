import json

from daemon.spool import Spool, hold_lock
from daemon.status import write_status


def test_without_a_daemon_it_tells_what_is_known_and_exits_69(recorded, call):
    end = call(recorded, "status", "--json")
    told = json.loads(end.stdout)
    assert end.returncode == 69
    assert (told["running"], told["database"]["scans"]) == (False, 4)
    assert "no daemon runs" in end.stderr


def test_with_a_daemon_it_shows_what_that_says_of_itself(recorded, call):
    spool = Spool(recorded)
    with hold_lock(spool):
        write_status(spool, {"waiting": 17, "pauses": {"disk": "2026-11-23T12:00:00Z"}})
        end = call(recorded, "status")
        told = json.loads(call(recorded, "status", "--json").stdout)
    assert end.returncode == 0, end.stderr
    assert told["daemon"] == {"waiting": 17, "pauses": {"disk": "2026-11-23T12:00:00Z"}}
    assert "17" in end.stdout
    assert "classified fractured 1" in end.stdout


def test_it_answers_where_nothing_is(tmp_path, call):
    end = call(tmp_path / "nothing", "status", "--json")
    told = json.loads(end.stdout)
    assert end.returncode == 69
    assert "there is no results database" in told["database"]["error"]
    assert not (tmp_path / "nothing").exists()
