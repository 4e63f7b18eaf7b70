"""Fault 76: an ordinary drop beside heaps that nobody completes, or that take seconds to look at.

Break it: let `daemon.decoding.pool` examine in the ordinary lane for as long as it takes, or let
`daemon.inbox.crowd` evict nothing.
"""

import statistics

import pytest

from tests.measure.beside_heaps import GOAL_S, HEAPS, measure
from tests.support.deadlines import scaled

SMALL = ("files of very many elements",)


@pytest.mark.timeout(2400)
def test_76_an_ordinary_drop_has_its_row_in_time_beside_each_heap(size):
    """The goal is for 99 of 100 drops, on two processors with nothing else to do."""
    late = {}
    for heap in size(SMALL, tuple(HEAPS)):
        waits, _ = measure(heap, size(4, 200))
        late[heap] = round(statistics.quantiles(waits, n=100, method="inclusive")[98], 2)
    assert not [heap for heap, seconds in late.items() if seconds > scaled(GOAL_S)], late
