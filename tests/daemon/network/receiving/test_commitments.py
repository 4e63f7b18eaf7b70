"""What was promised is reported on: once its scans have rows, or once their time is over."""

import threading

import pytest

from daemon.network.receiving import commitments as module
from daemon.network.receiving.commands import Status
from daemon.network.receiving.commitments import Commitments
from daemon.network.receiving.terms import Peer
from daemon.network.receiving.transactions import ALL_HELD, FAILURES_EXIST, Transaction
from storage.errors import DatabaseUnavailable
from tests.support.waiting import wait_until

TWO = Transaction("9.8", (("1.2", "1.2.3"), ("1.2", "1.2.4")))
PEER = Peer("CT1", "192.0.2.7", ("", ""), 0)


class World:
    """A ledger, and who is reported to."""

    def __init__(self, notes, wait_s=60.0):
        self.held = set()
        self.away = False
        self.called, self.told = [], []
        self.takes = True
        self.notes = notes
        self.wait_s = wait_s

    def ledger(self, uids):
        if self.away:
            raise DatabaseUnavailable("away")
        return frozenset(self.held.intersection(uids))

    def call_back(self, ae_title, address, event_type, data):
        self.called.append((ae_title, address, event_type))
        return self.takes

    def report(self, event_type, data):
        self.told.append(event_type)
        return True

    def commitments(self):
        return Commitments(self.notes, self.ledger, self.call_back, self.wait_s)


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_EVERY_S", 0.01)
    monkeypatch.setattr(module, "_BETWEEN_TRIES_S", 0.01)
    return World(tmp_path / "notes")


def notes(world):
    return list(world.notes.iterdir())


def test_it_waits_for_all_rows_and_reports_on_the_same_association(world):
    made = world.commitments()
    with made.running():
        world.held.add("1.2.3")
        assert Status.SUCCESS is made.take(TWO, PEER, world.report, is_explicit=True)
        assert len(notes(world)) == 1
        assert world.told == []
        world.held.add("1.2.4")
        wait_until(lambda: world.told, what="a report")
        wait_until(lambda: not notes(world), what="the note to go")
    assert world.told == [ALL_HELD]
    assert world.called == []


def test_what_has_no_row_in_time_is_reported_as_failed(world):
    world.wait_s = 0.05
    world.held.add("1.2.3")
    made = world.commitments()
    with made.running():
        made.take(TWO, PEER, world.report, is_explicit=True)
        wait_until(lambda: world.told, what="a report")
    assert world.told == [FAILURES_EXIST]


def test_a_peer_that_has_left_is_called_back_and_again_if_it_does_not_answer(world):
    world.held |= {"1.2.3", "1.2.4"}
    world.takes = False
    made = world.commitments()
    with made.running():
        made.take(TWO, PEER, lambda *_: False, is_explicit=True)
        wait_until(lambda: len(world.called) >= 2, what="a second call")
        world.takes = True
        wait_until(lambda: not notes(world), what="the note to go")
    assert {("CT1", "192.0.2.7", ALL_HELD)} == set(world.called)


def test_who_never_answers_is_left_in_the_end(world):
    world.held |= {"1.2.3", "1.2.4"}
    world.takes = False
    made = world.commitments()
    with made.running():
        made.take(TWO, PEER, lambda *_: False, is_explicit=True)
        wait_until(lambda: not notes(world), what="the note to go")
    assert len(world.called) == module._TRIES


def test_what_was_promised_before_a_kill_is_reported_after_it(world):
    """Break it: keep promises in memory."""
    made = world.commitments()
    with made.running():
        made.take(TWO, PEER, lambda *_: False, is_explicit=True)
    assert len(notes(world)) == 1
    (world.notes / "broken.json").write_text("{")
    world.held |= {"1.2.3", "1.2.4"}
    with world.commitments().running():
        wait_until(lambda: world.called, what="a call")
    assert world.called == [("CT1", "192.0.2.7", ALL_HELD)]


def test_nobody_is_told_that_nothing_is_there_while_the_database_is_away(world):
    world.wait_s = 0.01
    world.away = True
    looks = threading.Semaphore(0)
    real = world.ledger
    world.ledger = lambda uids: (looks.release(), real(uids))[1]
    made = world.commitments()
    with made.running():
        made.take(TWO, PEER, world.report, is_explicit=True)
        for _ in range(3):
            assert looks.acquire(timeout=30)
        assert world.told == []
        world.held |= {"1.2.3", "1.2.4"}
        world.away = False
        wait_until(lambda: world.told, what="a report")
    assert world.told == [ALL_HELD]


def test_a_promise_that_cannot_be_noted_is_not_made(world):
    made = world.commitments()
    with made.running():
        world.notes.rmdir()
        assert Status.PROCESSING_FAILURE is made.take(TWO, PEER, world.report, is_explicit=True)


def test_there_is_an_end_to_what_waits(world, monkeypatch):
    monkeypatch.setattr(module, "_MOST_PENDING", 1)
    made = world.commitments()
    with made.running():
        assert Status.SUCCESS is made.take(TWO, PEER, world.report, is_explicit=True)
        assert Status.RESOURCE_LIMITATION is made.take(TWO, PEER, world.report, is_explicit=True)
