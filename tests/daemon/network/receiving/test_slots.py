"""Places are for those who send; who holds one and sends nothing gives way."""

import math

from daemon.network.receiving.slots import GRACE_S, MOST_WAITING, SLOW_BYTES_PER_S, Slots


class Peer:
    def __init__(self, age=0.0, rate=math.inf):
        self.at = (age, rate)
        self.gone = None

    def pace(self):
        return self.at

    def give_way(self, reason):
        self.gone = reason


OLD = 10 * GRACE_S


def test_all_who_send_stay_and_one_more_is_refused():
    slots = Slots(2)
    members = [Peer(OLD, 2 * SLOW_BYTES_PER_S), Peer(OLD, math.inf)]
    assert all(slots.take(member) for member in members)
    assert not slots.take(Peer())
    assert [member.gone for member in members] == [None, None]


def test_the_slowest_gives_way():
    slots = Slots(3)
    silent, trickling, sending = Peer(OLD, 0), Peer(OLD, 100), Peer(OLD, 2 * SLOW_BYTES_PER_S)
    for member in (trickling, silent, sending):
        slots.take(member)
    assert slots.take(Peer())
    assert [one.gone for one in (silent, trickling, sending)] == ["gave_way", None, None]
    assert slots.take(Peer())
    assert trickling.gone == "gave_way"
    assert not slots.take(Peer())


def test_of_two_that_are_silent_the_longer_silent_gives_way():
    slots = Slots(2)
    shorter, longer = Peer(OLD, 0), Peer(2 * OLD, 0)
    slots.take(shorter)
    slots.take(longer)
    slots.take(Peer())
    assert (shorter.gone, longer.gone) == (None, "gave_way")


def test_nobody_is_slow_who_only_came():
    slots = Slots(1)
    member = Peer(GRACE_S / 2, 0)
    slots.take(member)
    assert not slots.take(Peer())
    assert member.gone is None


def test_a_place_is_free_again_once_its_peer_left():
    slots = Slots(1)
    member = Peer()
    slots.take(member)
    slots.leave(member)
    slots.leave(member)
    assert slots.take(Peer())


def test_of_too_many_that_say_nothing_the_longest_waiting_goes():
    slots = Slots(1)
    waiting = [Peer() for _ in range(MOST_WAITING + 1)]
    for member in waiting:
        slots.wait(member)
    assert [member.gone for member in waiting] == ["crowded_out"] + [None] * MOST_WAITING
    assert slots.take(waiting[1])
    slots.wait(Peer())
    assert waiting[2].gone is None
