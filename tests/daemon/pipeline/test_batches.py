from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.pipeline.batches import Batcher


@dataclass(frozen=True)
class Scan:
    """What a batch is made of."""

    name: str
    frames: int = 1


A, B, C, D = (Scan(name) for name in "ABCD")


class Clock:
    now = 10.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def batcher(clock):
    return Batcher(3, 0.5, clock)


def fill(batcher, *jobs):
    for job in jobs:
        batcher.add(job)


def test_nothing_gives_no_batch(batcher):
    assert batcher.take(more_coming=False) == []
    assert batcher.next_due() == float("inf")


def test_a_full_batch_goes_at_once_in_order(batcher):
    fill(batcher, A, B, C, D)
    assert batcher.take(more_coming=True) == [A, B, C]
    assert batcher.take(more_coming=True) == []
    assert len(batcher) == 1


def test_a_single_scan_waits_for_company_only_while_there_may_be_some(batcher):
    fill(batcher, A)
    assert batcher.take(more_coming=True) == []
    assert batcher.take(more_coming=False) == [A]


def test_nobody_waits_longer_than_the_oldest_may(batcher, clock):
    fill(batcher, A)
    clock.now += 0.25
    fill(batcher, B)
    assert batcher.next_due() == 10.5
    assert batcher.take(more_coming=True) == []
    clock.now += 0.25
    assert batcher.take(more_coming=True) == [A, B]


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.sampled_from([0.0, 0.25, 1.0]))))
def test_every_job_comes_out_once_in_order_and_no_batch_is_too_large(steps):
    clock = Clock()
    batcher = Batcher(3, 0.5, clock)
    given_in, taken = 0, []
    for jobs, more_coming, passed in steps:
        clock.now += passed
        for _ in range(jobs):
            batcher.add(Scan(given_in))
            given_in += 1
        batch = batcher.take(more_coming=more_coming)
        assert len(batch) <= 3
        taken += batch
    while batch := batcher.take(more_coming=False):
        taken += batch
    assert [scan.name for scan in taken] == list(range(given_in))


def test_a_batch_has_few_frames_or_one_scan(clock):
    """500 frames a scan and 16 scans a batch would be a gigabyte."""
    batcher = Batcher(3, 0.5, clock, max_frames=10)
    fill(batcher, *(Scan(str(frames), frames) for frames in (4, 6, 1, 11, 2)))
    taken = [[scan.frames for scan in batcher.take(more_coming=True)] for _ in range(4)]
    assert taken == [[4, 6], [1], [11], []]
    assert [scan.frames for scan in batcher.take(more_coming=False)] == [2]
