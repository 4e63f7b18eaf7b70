from dataclasses import dataclass

import pytest

from daemon.decoding.lanes import GIVES_WAY_S, Lanes


@dataclass(eq=False)
class File:
    is_suspected: bool = False
    is_alone: bool = False
    slow_since: float | None = None


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_the_slow_lane_gives_way_to_ordinary_scans(clock):
    lanes, scan, large = Lanes(1, clock), File(), File()
    lanes.enter(scan)
    lanes.enter(large)
    lanes.slow_down(large)

    assert (lanes.slow, list(lanes.starting())) == (1, [])
    lanes.leave(scan)
    assert (list(lanes.starting()), lanes.slow) == ([large], 1)
    lanes.leave(large)
    assert lanes.slow == 0


def test_it_gives_way_for_a_while_only(clock):
    lanes, large = Lanes(1, clock), File()
    lanes.enter(File())
    lanes.slow_down(large)

    clock.now += GIVES_WAY_S - 1
    assert list(lanes.starting()) == []
    clock.now += 1
    assert list(lanes.starting()) == [large]


def test_so_many_go_on_at_once_and_of_those_that_broke_a_child_one(clock):
    broke = [File(is_suspected=True, is_alone=True) for _ in range(2)]
    lanes, large = Lanes(3, clock), [File() for _ in range(2)]
    for file in (*broke, *large):
        lanes.slow_down(file)

    assert list(lanes.starting()) == [*large, broke[0]]
    lanes.leave(large[0])
    lanes.leave(large[1])
    assert list(lanes.starting()) == []
    lanes.leave(broke[0])
    assert list(lanes.starting()) == broke[1:]


def test_large_scans_go_before_suspected_files(clock):
    """Break it: one queue. A sound scan waits for all that is guilty."""
    lanes, guilty, large = Lanes(1, clock), [File(is_suspected=True) for _ in range(3)], File()
    for file in guilty:
        lanes.slow_down(file)
    assert list(lanes.starting()) == guilty[:1]
    lanes.slow_down(large)
    lanes.leave(guilty[0])

    assert list(lanes.starting()) == [large]
    lanes.leave(large)
    assert list(lanes.starting()) == guilty[1:2]


def test_suspected_files_take_turns_with_large_ones_in_the_end(clock):
    """A sender of large scans must not keep them waiting for ever."""
    lanes, guilty, large = Lanes(1, clock), File(is_suspected=True), [File() for _ in range(3)]
    for file in (guilty, *large):
        lanes.slow_down(file)
    clock.now += GIVES_WAY_S

    order = []
    for _ in range(4):
        order += list(lanes.starting())
        lanes.leave(order[-1])
    assert order == [large[0], guilty, large[1], large[2]]


def test_what_waits_can_be_given_up(clock):
    lanes, files = Lanes(1, clock), [File(), File(), File(is_suspected=True)]
    for file in files:
        lanes.slow_down(file)

    assert list(lanes.starting()) == files[:1]
    assert lanes.clear() == files[1:]
    assert lanes.slow == 1
