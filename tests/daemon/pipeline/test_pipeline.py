import hashlib
import sqlite3
from concurrent.futures import Future
from contextlib import closing, contextmanager

import numpy as np
import pytest

from daemon.decoding.messages import Decoded
from daemon.spool.attempts import attempts, blame, note_attempt
from daemon.spool.claiming import claim_file
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
    assert bench.pipeline.committer.outcomes["truncated"] == 1
    assert sum(bench.pipeline.committer.outcomes.values()) == len(given)
    assert list(bench.spool.claimed.iterdir()) == []


def test_the_room_shrinks_with_what_is_in_progress_and_is_none_in_a_pause(bench):
    room = bench.pipeline.room
    assert room == 3 * bench.batch_size + 2 * bench.pool.workers
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

    def is_finishing():
        bench.pipeline.advance()
        return bench.rows() or any(future.running() for future, _ in bench.pipeline._turns)

    wait_until(is_finishing, what="a batch that the thread has taken up: one that waits for it is dropped")
    bench.pipeline.close()
    rows = bench.rows()
    moved = list(bench.spool.done.rglob("*.png"))
    assert len(rows) >= 1
    assert len(moved) == len(rows)


@pytest.mark.parametrize("when", ["at a sweep", "at the end"])
def test_rows_that_the_database_lost_are_there_again_without_another_file(bench, when):
    """Fault 69. Break it: let `Committer.confirm` do nothing."""
    bench.drop("a.png", png_bytes(1))
    bench.claim_all()
    bench.drain()
    (row,) = bench.rows("scan_id, stored_path")
    with bench.ledger._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM predictions")
        connection.exec_driver_sql("DELETE FROM scans")
    if when == "at a sweep":
        bench.pipeline.look_back()
        wait_until(lambda: bench.pipeline.committer.recorded_again, what="the look")
    else:
        bench.pipeline.close()
    assert bench.rows("scan_id, stored_path") == [row]
    assert bench.pipeline.committer.recorded_again == 1


class WaitingPool:
    """Children that answer when the test says so."""

    workers = 1
    slow = 0

    def __init__(self):
        self.asked = []
        self.is_held = False

    def hold(self, *, is_held):
        self.is_held = is_held

    def decode(self, path):
        self.asked.append(Future())
        return self.asked[-1]


@pytest.fixture
def waiting(spool, ledger):
    """Make a pipeline whose children answer when the test says so."""
    made = []

    def make(**options):
        pool = WaitingPool()
        made.append(Bench(spool, ledger, pool, **options))
        return pool, made[-1]

    yield make
    for bench in made:
        bench.give_up.set()
        bench.pipeline.close()


def claimed(bench, name, tried=0):
    claim = claim_file(bench.spool, bench.drop(name, png_bytes(1)))
    for _ in range(tried):
        note_attempt(claim)
    return claim


def test_a_file_that_was_there_when_two_daemons_ended_is_tried_alone(waiting):
    """Fault 53: if a third ends, it was that one; neighbours, new arrivals too, are not failed with it."""
    pool, bench = waiting()
    suspects = [claimed(bench, f"{n}.png", tried=2) for n in range(3)]
    for claim in suspects:
        bench.pipeline.begin(claim)
    bench.pipeline.claim(bench.drop("new.png", png_bytes(2)))
    for turn in range(3):
        bench.pipeline.advance()
        assert [attempts(claim) for claim in suspects] == [0] * turn + [3] + [2] * (2 - turn)
        assert len(pool.asked) == turn + 1
        pool.asked[turn].set_result(Decoded.refused("failed", "unreadable"))
        wait_until(lambda: bench.pipeline.advance() or len(bench.rows()) > turn, what="the row")  # noqa: B023
        wait_until(lambda: bench.pipeline.advance() or not suspects[turn].note.exists())  # noqa: B023
    wait_until(lambda: bench.pipeline.advance() or len(pool.asked) == 4, what="the new arrival's turn")


def test_an_orderly_end_blames_no_file(waiting):
    """Else a scan that takes longer than `stop_s` is failed unopened after three stops."""
    pool, bench = waiting()
    claims = [claimed(bench, f"{n}.png") for n in range(3)]
    for claim in claims:
        bench.pipeline.begin(claim)
    pool.asked[0].set_result(Decoded.refused("failed", "unreadable"))
    bench.pipeline.close()
    assert [(attempts(claim), blame(claim)) for claim in claims] == [(1, 0)] * 3


def test_only_files_that_children_may_have_soon_are_noted_as_tried(waiting):
    """A kill counts against them: the fewer there are, the fewer are blamed for what they did not do."""
    pool, bench = waiting()
    claims = [claimed(bench, f"{n}.png") for n in range(9)]
    for claim in claims:
        bench.pipeline.begin(claim)
    assert [attempts(claim) for claim in claims] == [1] * 4 + [0] * 5
    pool.asked[0].set_result(Decoded.refused("failed", "unreadable"))
    bench.pipeline.advance()
    assert [attempts(claim) for claim in claims[1:]] == [1] * 4 + [0] * 4
    bench.pauses.pause("database", "away")


@contextmanager
def held_database(spool):
    """Hold the lock for writing, as another program may: what is finished waits."""
    with closing(sqlite3.connect(spool.root / "results.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_decoded_frames_that_wait_are_bounded(waiting, spool):
    """Back-pressure: while the database is away, memory does not fill with frames."""
    pool, bench = waiting(most_frames=100)
    with held_database(spool):
        for n in range(20):
            bench.pipeline.begin(claimed(bench, f"{n}.png"))
        frames = np.zeros((40, 224, 224), np.uint16)
        for _ in range(10):
            for future in pool.asked:
                if not future.done():
                    future.set_result(Decoded(inputs=frames))
            bench.pipeline.advance()
        assert len(pool.asked) < 100 / 40 + 2 * 4
        assert bench.pipeline.in_progress == 20


def test_children_have_one_file_each_before_them_once_many_frames_wait(waiting, spool):
    """Break it: give a child four whatever waits. Those of 500 frames each come on top of the bound."""
    pool, bench = waiting(most_frames=400)
    with held_database(spool):
        for n in range(20):
            bench.pipeline.begin(claimed(bench, f"{n}.png"))
        assert not pool.is_held
        before = []
        while asked := [future for future in pool.asked if not future.done()]:
            before.append(len(asked))
            asked[0].set_result(Decoded(inputs=np.zeros((40, 224, 224), np.uint16)))
            bench.pipeline.advance()
        assert before == [4, 4, 4, 4, 4, 3, 2, 1, 1, 1]
        assert pool.is_held


def test_nobody_waits_for_the_company_of_a_file_in_the_slow_lane(waiting):
    pool, bench = waiting(batch_wait_s=3600.0)
    for name in ("slow.png", "quick.png"):
        bench.pipeline.begin(claimed(bench, name))
    pool.asked[1].set_result(Decoded.refused("failed", "unreadable"))
    bench.pipeline.advance()
    assert bench.rows() == []  # the other might be an ordinary one, and come soon
    pool.slow = 1
    wait_until(lambda: bench.pipeline.advance() or len(bench.rows()) == 1, what="the row")


def test_fault_75_a_stored_file_that_is_written_to_is_answered_again_with_a_warning(bench, monkeypatch):
    """Break it: let `Committer.look_back` give nothing that was rewritten."""
    monkeypatch.setattr("daemon.pipeline.stored_files._EVERY_S", 0.0)
    name = bench.drop("a.png", png_bytes(1))
    with (bench.spool.inbox / "a.png").open("r+b") as writer:  # as a sender that stalls has it
        bench.pipeline.claim(name)
        bench.drain()
        (first,) = bench.rows()
        writer.write(png_bytes(2))
        writer.truncate()

    def returned():
        bench.pipeline.look_back()
        bench.pipeline.advance()
        return bench.returned

    wait_until(returned, what="the file in the inbox again")
    assert [source for source, _ in bench.returned] == [b"a.png"]
    bench.claim_all()
    bench.drain()
    before, second = bench.rows()
    assert before == first
    assert (second["requeued_from"], second["outcome"]) == (first["scan_id"], "classified")
    assert "changed_after_answer" in second["warnings"]
    assert bench.stored(second) == png_bytes(2)
