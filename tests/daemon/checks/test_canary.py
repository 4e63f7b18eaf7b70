import os
import shutil

import pytest

from daemon.checks.canary import FILE_NAME, Canary
from daemon.monitoring.health import Health, Pulse
from daemon.pipeline.recovery import recover
from daemon.spool.claim import CANARY
from daemon.spool.claiming import claim_file, find_claims, return_to_inbox
from daemon.spool.folders import Spool
from storage.engine import open_engine
from storage.queries import counts, results
from storage.urls import sqlite_url
from tests.support.daemons import RunningDaemon, files
from tests.support.pictures import png_bytes
from tests.support.records import classified, failed
from tests.support.waiting import wait_until

WITHIN_S = 60.0


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def canary(spool, clock):
    return Canary(spool, WITHIN_S, clock)


def looked_at(spool):
    """What people see: the view, and the counts."""
    engine = open_engine(sqlite_url(spool.root / "results.db"), readonly=True)
    try:
        return list(results(engine)), counts(engine)
    finally:
        engine.dispose()


def test_it_has_one_row_that_is_marked_and_leaves_no_file(bench, canary):
    assert canary.drop() == {"dropped": True, "latency_s": None}
    bench.claim_all()
    bench.drain()

    (row,) = bench.rows("is_canary, outcome, stored_path, requeued_from, duplicate_of, source_name")
    assert row["is_canary"]
    assert (row["outcome"], row["stored_path"], row["source_name"]) == ("classified", "", FILE_NAME)
    assert (row["requeued_from"], row["duplicate_of"]) == (None, None)
    assert looked_at(bench.spool) == ([], ())
    assert not bench.pipeline.committer.outcomes
    folders = (bench.spool.inbox, bench.spool.claimed, bench.spool.done, bench.spool.failed)
    assert [list(folder.rglob("*")) for folder in folders] == [[], [], [], []]


def test_scans_beside_it_are_answered_as_ever(bench, canary):
    bench.drop("scan.png", png_bytes(1))
    canary.drop()
    bench.claim_all()
    bench.drain()

    view, counted = looked_at(bench.spool)
    assert [row["source_name"] for row in view] == ["scan.png"]
    assert sum(one.scans for one in counted) == 1
    assert len(bench.rows()) == 2


def test_the_same_bytes_are_classified_anew_and_give_nobody_a_prediction(bench, canary):
    canary.drop()
    copy = bench.spool.root / "copy"
    shutil.copyfile(bench.spool.inbox / FILE_NAME, copy)
    bench.claim_all()
    bench.drain()
    bench.drop("copy.dcm", copy.read_bytes())
    bench.claim_all()
    bench.drain()

    assert bench.classifier.seen == [1, 1]
    assert [(row["is_canary"], row["duplicate_of"]) for row in bench.rows()] == [(1, None), (0, None)]


def test_each_has_bytes_of_its_own_and_one_is_under_way_at_a_time(bench, canary):
    canary.drop()
    assert canary.drop()["dropped"] is False
    bench.claim_all()
    bench.drain()
    canary.answered(classified(1))
    assert canary.drop()["dropped"] is True
    bench.claim_all()
    bench.drain()

    first, second = bench.rows("sha256, is_canary")
    assert first["sha256"] != second["sha256"]
    assert (first["is_canary"], second["is_canary"]) == (1, 1)


@pytest.mark.parametrize("with_row", [False, True])
def test_it_is_still_one_after_a_crash(bench, canary, with_row):
    canary.drop()
    claim = claim_file(bench.spool, os.fsencode(FILE_NAME))
    assert claim.origin == CANARY
    if with_row:
        bench.ledger.record([failed(1, scan_id=claim.scan_id, is_canary=True, stored_path="")], bench.run_id)
    assert [one.origin for one in find_claims(bench.spool)] == [CANARY]

    for found in recover(bench.spool, bench.pipeline, bench.recorder):
        bench.pipeline.begin(found)
    bench.drain()

    assert [row["is_canary"] for row in bench.rows()] == [1]
    assert files(bench.spool.root / "done") + files(bench.spool.root / "failed") == []
    assert list(bench.spool.claimed.iterdir()) == []


def test_it_is_late_when_nobody_answers_and_said_to_have_failed_when_it_did(canary, clock):
    canary.drop()
    clock.now += WITHIN_S - 1
    assert canary.reasons() == []
    clock.now += 2
    assert canary.reasons() == ["canary: no answer for 61 s"]
    assert canary.answered(failed(1, "out_of_memory")) == WITHIN_S + 1
    assert canary.reasons() == ["canary: out_of_memory"]
    canary.drop()
    clock.now += 0.5
    assert canary.answered(classified(2)) == 0.5
    assert (canary.reasons(), canary.latency_s) == ([], 0.5)


def test_one_that_somebody_took_away_is_told_until_another_is_answered(spool, canary, clock):
    canary.drop()
    (spool.inbox / FILE_NAME).unlink()
    clock.now += WITHIN_S - 1
    assert canary.drop()["dropped"] is False
    clock.now += 2
    assert canary.drop()["dropped"] is True
    assert canary.reasons() == ["canary: no answer"]
    canary.answered(classified(1))
    assert canary.reasons() == []


def test_one_that_lies_in_the_inbox_is_not_joined_by_others(spool, canary, clock):
    canary.drop()
    clock.now += 10 * WITHIN_S
    assert canary.drop()["dropped"] is False
    assert canary.reasons() == ["canary: no answer for 600 s"]
    assert len(files(spool.inbox)) == 1


def test_one_that_is_written_to_never_becomes_a_scan_of_somebody(bench, canary):
    canary.drop()
    claim = claim_file(bench.spool, os.fsencode(FILE_NAME))
    assert return_to_inbox(bench.spool, claim) is None
    assert files(bench.spool.inbox) == []
    assert list(bench.spool.claimed.iterdir()) == []


def test_one_that_an_earlier_daemon_dropped_is_waited_for(spool, canary, clock):
    canary.drop()
    again = Canary(spool, WITHIN_S, clock)
    assert again.drop()["dropped"] is False
    clock.now += WITHIN_S + 1
    assert again.reasons() != []
    assert [path.name for path in files(spool.inbox)] == [FILE_NAME]


def test_a_spool_that_cannot_be_written_is_told_and_the_next_try_is_free(spool, canary):
    spool.claimed.rename(spool.claimed.with_name("away"))
    with pytest.raises(FileNotFoundError):
        canary.drop()
    spool.claimed.with_name("away").rename(spool.claimed)
    assert canary.drop()["dropped"] is True


def test_a_note_says_what_it_is(spool, canary):
    canary.drop()
    (note,) = spool.requeued.iterdir()
    assert note.read_text().split()[0] == CANARY.text
    assert note.name == str((spool.inbox / FILE_NAME).stat().st_ino)


def test_readiness_asks_for_it(spool, bench, canary, clock):
    status = {"state": "running", "pauses": {}}
    health = Health(Pulse(clock), lambda: status, sqlite_url(spool.root / "results.db"), clock, canary=canary)
    assert (health.is_ready(), health.measured()) == ([], {"canary_latency_s": None})
    canary.drop()
    clock.now += WITHIN_S + 1
    assert "canary: no answer for 61 s" in health.is_ready()
    canary.answered(classified(1))
    assert health.measured() == {"canary_latency_s": WITHIN_S + 1}


def test_the_daemon_takes_one_from_its_inbox(tmp_path):
    with RunningDaemon(tmp_path / "spool") as daemon:
        Canary(Spool(daemon.spool), WITHIN_S).drop()
        daemon.wait_for_rows(1)
        wait_until(lambda: not list((daemon.spool / "claimed").iterdir()), what="an empty claimed/")
        assert not any(daemon.status().get("answered", {}).values())
    (event,) = [event for event in daemon.events() if event["event"] == "canary_recorded"]
    assert event["outcome"] == "classified"
    assert files(daemon.spool / "done") == []
