"""What was promised is reported on: once its scans have rows, or once their time is over."""

import threading
import time
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from daemon.network.receiving import commitments as module
from daemon.network.receiving.commands import Status
from daemon.network.receiving.commitments import Commitments
from daemon.network.receiving.pending import Delivery
from daemon.network.receiving.terms import Peer
from daemon.network.receiving.transactions import ALL_HELD, FAILURES_EXIST, Transaction
from storage.errors import DatabaseUnavailable
from tests.support.deadlines import scaled
from tests.support.waiting import wait_until

TWO = Transaction("9.8", (("1.2", "1.2.3"), ("1.2", "1.2.4")))
PEER = Peer("CT1", "192.0.2.7", ("", ""), 0)


class World:
    """A ledger, and who is reported to."""

    def __init__(self, notes, wait_s=60.0):
        self.held = set()
        self.away = False
        self.called, self.told = [], []
        self.delivery = Delivery.TAKEN
        self.failed = []
        self.notes = notes
        self.wait_s = wait_s

    def ledger(self, uids):
        if self.away:
            raise DatabaseUnavailable("away")
        return frozenset(self.held.intersection(uids))

    def call_back(self, pending, event_type, data):
        self.called.append((pending.ae_title, pending.address, event_type))
        return self.delivery

    def report(self, event_type, data):
        self.told.append(event_type)
        return Delivery.TAKEN

    def commitments(self):
        return Commitments(self.notes, self.ledger, self.call_back, self.wait_s, self.failed.append)


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_EVERY_S", 0.01)
    monkeypatch.setattr(module, "_FIRST_PAUSE_S", 0.01)
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
    world.delivery = Delivery.FAILED
    made = world.commitments()
    with made.running():
        made.take(TWO, PEER, lambda *_: Delivery.NO_WAY, is_explicit=True)
        wait_until(lambda: len(world.called) >= 2, what="a second call")
        world.delivery = Delivery.TAKEN
        wait_until(lambda: not notes(world), what="the note to go")
    assert {("CT1", "192.0.2.7", ALL_HELD)} == set(world.called)


def test_who_never_answers_is_left_in_the_end(world, monkeypatch):
    monkeypatch.setattr(module, "_GIVEN_UP_AFTER", 5)
    world.held |= {"1.2.3", "1.2.4"}
    world.delivery = Delivery.FAILED
    made = world.commitments()
    with made.running():
        made.take(TWO, PEER, lambda *_: Delivery.NO_WAY, is_explicit=True)
        wait_until(lambda: not notes(world), what="the note to go")
    assert len(world.called) == 5


def test_what_was_promised_before_a_kill_is_reported_after_it(world):
    """Break it: keep promises in memory."""
    made = world.commitments()
    with made.running():
        made.take(TWO, PEER, lambda *_: Delivery.NO_WAY, is_explicit=True)
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


def test_who_left_and_named_no_port_is_not_tried_again(world):
    world.held |= {"1.2.3", "1.2.4"}
    world.delivery = Delivery.NO_WAY
    made = world.commitments()
    with made.running(), capture_logs() as logs:
        made.take(TWO, PEER, lambda *_: Delivery.NO_WAY, is_explicit=True)
        wait_until(lambda: not notes(world), what="the note to go")
    assert len(world.called) == 1
    assert "AE@ADDRESS:PORT" in logs[-1]["remedy"]


def test_a_peer_that_is_busy_is_told_once_it_is_not(world, monkeypatch):
    """Break it: count it as a try. A long association then costs its commitments."""
    monkeypatch.setattr(module, "_GIVEN_UP_AFTER", 1)
    world.held |= {"1.2.3", "1.2.4"}
    answers = [Delivery.NOT_NOW] * 3

    def report(*_):
        return answers.pop() if answers else world.report(*_)

    made = world.commitments()
    with made.running():
        made.take(TWO, PEER, report, is_explicit=True)
        wait_until(lambda: world.told, what="a report")
    assert world.called == []


def test_a_silent_peer_is_waited_for_once_and_keeps_no_other_waiting(world, monkeypatch):
    """Break it: pause one promise alone. A hundred of a peer that is away then take a hundred waits."""
    monkeypatch.setattr(module, "_FIRST_PAUSE_S", 60)
    world.held |= {"1.2.3", "1.2.4"}
    world.delivery = Delivery.FAILED
    made = world.commitments()
    with made.running():
        for _ in range(5):
            made.take(TWO, PEER, lambda *_: Delivery.NO_WAY, is_explicit=True)
        wait_until(lambda: world.called, what="a call")
        made.take(TWO, replace(PEER, ae_title="CT2"), world.report, is_explicit=True)
        wait_until(lambda: world.told, what="the other's report")
    assert len(world.called) == 1


def test_there_is_an_end_to_what_is_referred_to(world, monkeypatch):
    """Break it: count requests alone. A thousand of 30,000 references each take gigabytes."""
    monkeypatch.setattr(module, "_MOST_REFERENCES", 3)
    made = world.commitments()
    with made.running():
        assert Status.SUCCESS is made.take(TWO, PEER, world.report, is_explicit=True)
        assert Status.RESOURCE_LIMITATION is made.take(TWO, PEER, world.report, is_explicit=True)


def test_a_thread_that_fails_is_not_silent(world):
    """Break it: let the thread end. Requests are then accepted, and never reported on."""

    def broken(_):
        raise LookupError("a fault of ours")

    world.ledger = broken
    made = world.commitments()
    with made.running():
        made.take(TWO, PEER, world.report, is_explicit=True)
        wait_until(lambda: world.failed, what="the fault")


def test_a_peer_that_is_called_back_does_not_hold_up_the_end(world, monkeypatch):
    monkeypatch.setattr(module, "_STOP_S", 0.05)
    world.held |= {"1.2.3", "1.2.4"}
    called, free = threading.Event(), threading.Event()

    def silent(*_):
        called.set()
        free.wait(30)
        return Delivery.FAILED

    world.call_back = silent
    made = world.commitments()
    with made.running():
        made.take(TWO, PEER, lambda *_: Delivery.NO_WAY, is_explicit=True)
        assert called.wait(30)
        began = time.monotonic()
    assert time.monotonic() - began < scaled(20)
    free.set()
    assert len(notes(world)) == 1
