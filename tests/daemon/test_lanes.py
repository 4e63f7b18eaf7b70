from dataclasses import dataclass, replace

import pytest

from daemon.lanes import GIVES_WAY_S, Lanes, ordinary, second
from model.decode import Limits
from tests.support.limits import LIMITS


def test_a_first_try_is_for_ordinary_scans():
    first = ordinary(LIMITS)

    assert first.pixels.max_pixels_per_frame >= 4096 * 5120
    assert first.pixels.max_pixels_per_frame < LIMITS.pixels.max_pixels_per_frame
    assert first.pixels.max_pixels_per_scan < LIMITS.pixels.max_pixels_per_scan
    assert first.pixels.max_inflated_bytes >= 2 * first.pixels.max_pixels_per_scan
    assert (LIMITS.memory_bytes, LIMITS.max_file_bytes) == (first.memory_bytes, first.max_file_bytes)


def test_two_tries_have_the_deadline_together():
    assert ordinary(LIMITS).deadline_s + second(LIMITS).deadline_s == pytest.approx(LIMITS.deadline_s)


def test_a_first_try_never_has_more_than_the_settings_allow():
    small = replace(LIMITS, pixels=Limits(100, 2, 200, 300))

    assert small.pixels == ordinary(small).pixels


@dataclass(eq=False)
class File:
    alone: bool = False
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
    lanes, files = Lanes(3, clock), [File(), File(alone=True), File(alone=True), File(), File()]
    for file in files:
        lanes.slow_down(file)

    assert list(lanes.starting()) == files[:2]
    lanes.leave(files[1])
    assert list(lanes.starting()) == files[2:4]
    assert lanes.clear() == files[4:]
    assert lanes.slow == 3
