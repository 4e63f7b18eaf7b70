import json

from model.release import find_release, open_release
from storage.engine import open_engine
from storage.ledger import Ledger, ModelRecord
from storage.urls import sqlite_url
from tests.support.records import RUN, classified, digest


def with_scans(spool, number, **changed):
    """Record scans of the shipped release, finished now."""
    from datetime import UTC, datetime

    release = open_release(find_release())
    engine = open_engine(sqlite_url(spool / "results.db"))
    ledger = Ledger(engine)
    ledger.register_model(ModelRecord(release.name, release.version, release.sha256))
    run_id = ledger.begin_run(RUN)
    now = {"finished_at": datetime.now(UTC), "model_sha256": release.sha256, "predictions": ()}
    ledger.record(
        [classified(one, sha256=digest(one), **now, **changed) for one in range(100, 100 + number)], run_id
    )
    engine.dispose()


def test_it_names_what_moved(recorded, call):
    with_scans(recorded, 80, decision="abstained", device="a1b2c3d4e5f6")
    end = call(recorded, "drift", "--days", "1")
    assert end.returncode == 0, end.stderr
    assert "moved: abstained of modality DX, device a1b2c3d4e5f6: 1.0" in end.stderr
    reported = json.loads(call(recorded, "drift", "--json").stdout)
    found = {(one["device"], one["measure"]): one for one in reported["findings"]}
    assert found["a1b2c3d4e5f6", "abstained"]["state"] == "moved"
    assert found["a1b2c3d4e5f6", "abstained"]["scans"] == 80


def test_groups_of_few_scans_are_counted_not_shown(recorded, call):
    with_scans(recorded, 20, device="a1b2c3d4e5f6")
    end = call(recorded, "drift")
    assert "no judgement of 2 groups with fewer than 50 scans" in end.stderr
    assert "a1b2c3d4e5f6" not in end.stdout + end.stderr
    assert "nothing has moved" in end.stderr
    assert end.stdout == ""


def test_without_scans_it_says_so(recorded, call):
    end = call(recorded, "drift")
    assert end.returncode == 0
    assert "classified nothing" in end.stderr
