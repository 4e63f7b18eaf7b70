import hashlib

import pytest

from daemon.claim import claim_file
from tests.daemon.conftest import Bench
from tests.support.pictures import dicom_bytes, png_bytes
from tests.support.stub import StubClassifier
from tests.support.waiting import wait_until


def test_each_claim_ends_in_one_row_and_one_place(bench):
    given = {f"ward/{n}.png": png_bytes(n) for n in range(5)} | {"a.dcm": dicom_bytes(1)}
    given |= {"cut.png": png_bytes(9)[:200], "text": b"text", "empty": b""}
    for name, data in given.items():
        bench.drop(name, data)
    bench.claim_all()
    bench.drain()
    rows = {row["source_name"]: row for row in bench.rows()}
    assert set(rows) == set(given)
    for name, data in given.items():
        assert bench.stored(rows[name]) == data
        assert rows[name]["sha256"] == hashlib.sha256(data).hexdigest()
    failed = {name: row["error_code"] for name, row in rows.items() if row["outcome"] == "failed"}
    assert failed == {"cut.png": "truncated", "text": "unknown_format", "empty": "empty_file"}
    assert bench.pipeline.finisher.outcomes["truncated"] == 1
    assert sum(bench.pipeline.finisher.outcomes.values()) == len(given)
    assert list(bench.spool.claimed.iterdir()) == []


def test_the_room_shrinks_with_what_is_in_progress_and_is_none_in_a_pause(bench):
    room = bench.pipeline.room
    assert room == 2 * bench.batch_size + 2 * bench.pool.workers
    bench.drop("a.png", png_bytes(1))
    bench.claim_all()
    assert bench.pipeline.room == room - 1
    bench.drain()
    assert bench.pipeline.room == room
    bench.pauses.pause("database", "unavailable")
    assert bench.pipeline.room == 0


def test_a_claim_that_cannot_be_noted_waits_for_the_disk_and_is_not_lost(bench):
    """Fault 35: after the rename nobody else would ever ask for it."""
    claim = claim_file(bench.spool, bench.drop("a.png", png_bytes(1)))
    claim.note.mkdir()
    bench.pipeline.begin(claim)
    assert bench.pauses.has("disk")
    bench.pipeline.advance()
    assert bench.pipeline.in_progress == 1
    claim.note.rmdir()
    bench.pauses.resume("disk")
    bench.drain()
    assert [row["outcome"] for row in bench.rows()] == ["classified"]


def test_a_file_that_is_not_to_be_opened_again_is_failed(bench):
    claim = claim_file(bench.spool, bench.drop("a.png", png_bytes(1)))
    bench.pipeline.answer_unopened(claim, "crashed_daemon")
    bench.drain()
    (row,) = bench.rows()
    assert (row["outcome"], row["error_code"], row["sha256"]) == ("failed", "crashed_daemon", None)
    assert bench.stored(row) == png_bytes(1)


def test_an_error_in_a_batch_reaches_the_loop(spool, ledger, children):
    class Broken(StubClassifier):
        def classify(self, inputs):
            raise ZeroDivisionError

    bench = Bench(spool, ledger, children, Broken())
    bench.drop("a.png", png_bytes(1))
    bench.claim_all()
    with pytest.raises(ZeroDivisionError):
        bench.drain()
    bench.pipeline.close()
    assert bench.rows() == []


def test_leaving_waits_for_the_batch_under_way(bench):
    """The lock of the spool is free after it: nobody may still be at work then."""
    for n in range(8):
        bench.drop(f"{n}.png", png_bytes(n))
    bench.claim_all()
    wait_until(lambda: bench.pipeline.advance() or bench.pipeline._finishing, what="a batch")
    bench.pipeline.close()
    rows = bench.rows()
    moved = list(bench.spool.done.rglob("*.png"))
    assert len(rows) >= 1
    assert len(moved) == len(rows)
