import os

import pytest

from daemon.network.sending.dispatch import Dispatch
from daemon.network.sending.entries import State, entries
from daemon.network.sending.failure import Answer, Failure, PeerFailed, Presence, Verdict
from daemon.network.sending.notes import BackOff, note_of, notes_of, peer_note

ADDRESS = "file:///srv"
DOWN = PeerFailed(Failure("connect", "nothing listens", "start it"))
STORED = Answer(Verdict.STORED)
REFUSED = Answer(Verdict.REFUSED, Failure("store", "refused", "see the log"))
FAILED = Answer(Verdict.NOT_NOW, Failure("store", "failed", "see the log"))


class Peer:
    """A peer that answers what a test says, by the number of the scan."""

    def __init__(self):
        self.answers, self.presences, self.batches, self.asked = {}, {}, [], []
        self.down = self.cannot_be_asked = None
        self.falls_at = None

    def send(self, batch, report):
        self.batches.append([number(entry) for entry in batch])
        if self.down:
            raise self.down
        for entry in batch:
            if number(entry) == self.falls_at:
                report(entry, FAILED)
                raise PeerFailed(FAILED.failure)
            if not report(entry, self.answers.get(number(entry), STORED)):
                return

    def ask(self, batch):
        self.asked.append([number(entry) for entry in batch])
        if self.cannot_be_asked:
            raise self.cannot_be_asked
        return {entry: self.presences.get(number(entry), Presence.THERE) for entry in batch}

    def close(self):
        pass


def number(entry):
    return int(entry.scan_id[-12:], 16)


class Desk:
    """A dispatch with a peer and a clock that stand still."""

    def __init__(self, folder):
        self.folder, self.peer, self.now, self.stops = folder, Peer(), 1_000_000.0, False
        self.dispatch = Dispatch(
            ADDRESS,
            folder,
            self.peer,
            BackOff(10, 100),
            keep_days=7,
            is_stopping=lambda: self.stops,
            clock=lambda: self.now,
        )

    def lying(self, state):
        return [number(entry) for entry in entries(self.folder, state)]

    def step(self, later_s=0.0, **more):
        self.now += later_s
        return self.dispatch.step(**more)


@pytest.fixture
def desk(fill_outbox):
    folder, _ = fill_outbox(ADDRESS, 1, 2, 3)
    return Desk(folder)


def test_what_is_stored_is_asked_for_and_confirmed(desk):
    assert desk.step()
    assert desk.lying(State.CONFIRMED) == [1, 2, 3]
    assert desk.peer.batches == desk.peer.asked == [[1, 2, 3]]
    assert not desk.step()
    assert desk.dispatch.answers["confirmed"] == 3


def test_a_peer_that_is_down_is_left_alone_for_longer_and_longer(desk):
    desk.peer.down = DOWN
    for later_s in (0.0, 5.0, 21.0, 5.0, 41.0):
        assert not desk.step(later_s)
    assert len(desk.peer.batches) == 3
    assert (peer_note(desk.folder).attempts, peer_note(desk.folder).step) == (3, "connect")
    assert desk.lying(State.WAITING) == [1, 2, 3]
    assert notes_of(desk.folder) == {}, "no object is to blame"
    desk.peer.down = None
    assert desk.step(at_once=True)
    assert desk.lying(State.CONFIRMED) == [1, 2, 3]
    assert peer_note(desk.folder).attempts == 0


def test_a_restart_remembers_when_the_next_try_is(desk):
    desk.peer.down = DOWN
    desk.step()
    again = Desk(desk.folder)
    again.now = desk.now + 1
    assert not again.step()
    assert again.peer.batches == []


def test_an_object_on_which_the_peer_falls_over_keeps_no_other_back(desk):
    """Break it: blame nobody, or send who is blamed with the others."""
    desk.peer.falls_at = 2
    desk.step()
    assert desk.lying(State.STORED) == [1]
    desk.step(21.0)
    assert desk.peer.batches == [[1, 2, 3], [3], [2]]
    assert desk.lying(State.CONFIRMED) == [1, 3]
    assert desk.lying(State.WAITING) == [2]
    assert note_of(entries(desk.folder, State.WAITING)[0]).attempts == 2
    desk.peer.falls_at = None
    desk.step(101.0)
    assert desk.lying(State.CONFIRMED) == [1, 2, 3]


def test_what_is_refused_stays_with_its_reason(desk):
    desk.peer.answers = {2: REFUSED}
    desk.step()
    desk.step(1000.0)
    assert (desk.lying(State.REFUSED), desk.lying(State.CONFIRMED)) == ([2], [1, 3])
    assert note_of(entries(desk.folder, State.REFUSED)[0]).error == "refused"
    assert desk.peer.batches == [[1, 2, 3]]


def test_many_that_fail_one_after_the_other_are_the_failure_of_the_peer(fill_outbox):
    folder, _ = fill_outbox(ADDRESS, *range(1, 11))
    desk = Desk(folder)
    desk.peer.answers = dict.fromkeys(range(1, 11), FAILED)
    desk.step()
    assert len(notes_of(folder)) == 3
    assert peer_note(folder).attempts == 1
    desk.step(at_once=True)
    assert peer_note(folder).attempts == 2


def test_what_the_peer_does_not_have_is_asked_for_again_and_then_sent_again(desk):
    desk.peer.presences = {2: Presence.MISSING}
    desk.step()
    assert (desk.lying(State.STORED), desk.lying(State.CONFIRMED)) == ([2], [1, 3])
    for _ in range(4):
        desk.step(101.0)
    assert desk.lying(State.WAITING) == [2]
    assert "does not have it" in note_of(entries(desk.folder, State.WAITING)[0]).error
    desk.peer.presences = {}
    desk.step(101.0)
    assert desk.lying(State.CONFIRMED) == [1, 2, 3]


def test_a_peer_that_loses_what_it_took_gets_it_less_and_less_often(desk):
    """Break it: forget it with each answer. An archive that sorts it out gets it for ever."""
    desk.peer.presences = {2: Presence.MISSING}
    desk.step()
    waits = []
    for _ in range(3):
        while 2 not in desk.lying(State.WAITING):
            desk.step(101.0)
        note = note_of(entries(desk.folder, State.WAITING)[0])
        waits.append((note.attempts, note.missed))
        desk.step(101.0)
    assert waits == [(1, 1), (2, 2), (3, 3)]
    desk.peer.presences = {}
    while 2 not in desk.lying(State.CONFIRMED):
        desk.step(101.0)
    assert notes_of(desk.folder) == {}


def test_what_waited_for_long_is_kept_from_when_it_was_sent(desk):
    """Break it: count from when it was made. What a peer took after a week is gone within the hour."""
    (first, *_) = entries(desk.folder, State.WAITING)
    os.utime(first.path, (desk.now - 30 * 86_400, desk.now - 30 * 86_400))
    desk.step()
    desk.step(86_400.0)
    assert desk.lying(State.CONFIRMED) == [1, 2, 3]


@pytest.mark.parametrize("presence", [Presence.NOT_OFFERED, Presence.UNKNOWN])
def test_who_cannot_be_asked_leaves_it_unconfirmed(desk, presence):
    desk.peer.presences = dict.fromkeys((1, 2, 3), presence)
    for _ in range(6):
        desk.step(101.0)
    assert desk.lying(State.UNCONFIRMED) == [1, 2, 3]
    assert len(desk.peer.batches) == 1
    assert len(desk.peer.asked) == (1 if presence is Presence.NOT_OFFERED else 5)


def test_a_peer_that_cannot_be_asked_now_takes_objects_still(desk):
    desk.peer.cannot_be_asked = PeerFailed(Failure("confirm", "0xA900", "allow it"))
    desk.step()
    assert desk.lying(State.STORED) == [1, 2, 3]
    assert peer_note(desk.folder).attempts == 0
    desk.peer.cannot_be_asked = DOWN
    desk.step(101.0)
    assert (desk.lying(State.STORED), peer_note(desk.folder).step) == ([1, 2, 3], "connect")


def test_it_stops_between_two_objects(desk):
    def stop(entry, answer):
        desk.stops = True
        return taken(entry, answer)

    taken, desk.dispatch._take = desk.dispatch._take, stop
    desk.step()
    assert (desk.lying(State.STORED), desk.lying(State.WAITING)) == ([1], [2, 3])


def test_what_was_sent_goes_after_its_days_and_what_was_not_stays(desk):
    desk.peer.answers = {2: REFUSED}
    desk.step()
    for state in (State.CONFIRMED, State.REFUSED):
        for entry in entries(desk.folder, state):
            os.utime(entry.path, (desk.now, desk.now))
    desk.step(6 * 86_400.0)
    assert desk.lying(State.CONFIRMED) == [1, 3]
    desk.step(2 * 86_400.0)
    assert (desk.lying(State.CONFIRMED), desk.lying(State.REFUSED)) == ([], [2])


def test_nothing_is_kept_where_nothing_shall_be(fill_outbox):
    folder, _ = fill_outbox(ADDRESS, 1)
    dispatch = Dispatch(
        ADDRESS, folder, Peer(), BackOff(10, 100), keep_days=0, is_stopping=lambda: False, clock=lambda: 1e6
    )
    dispatch.step()
    assert list(folder.rglob("*.dcm*")) == []
    assert dispatch.answers["confirmed"] == 1
