"""Fault 76: an ordinary drop beside heaps that nobody completes, or that take seconds to look at.

Break it: let `daemon.decoding.pool` examine in the ordinary lane for as long as it takes, or let
`daemon.inbox.crowd` evict nothing.
"""

import io
import statistics
import time

import pytest

from model.reading.completeness import examine
from tests.faults.conftest import CALM, Patient
from tests.fuzz.bombs_beside import Watched
from tests.measure.beside_heaps import GOAL_S, HEAPS, long_file, measure
from tests.support.deadlines import scaled
from tests.support.pictures import dicom_bytes, drop

LONG = 8


def processor_s(examined):
    """Give the seconds of a processor that it takes to examine a file."""
    began = time.process_time()
    examine(io.BytesIO(examined), len(examined))
    return time.process_time() - began


def test_76_files_that_take_long_to_examine_are_not_examined_first(tmp_path):
    """By what the daemon worked until then, which no other load of the machine changes."""
    data = long_file(4 << 20)
    with Patient(tmp_path / "spool", **CALM) as daemon:
        watched = Watched(daemon.process.pid)
        for number in range(LONG):
            (daemon.inbox / f"long{number}.dcm").write_bytes(data)
        began = watched.processor_time()
        drop(daemon.inbox / "ordinary" / "good.dcm", dicom_bytes(1))
        daemon.wait_for("ordinary", 1)
        spent = watched.processor_time() - began
    assert spent < LONG * processor_s(data) / 2


@pytest.mark.timeout(2400)
def test_76_an_ordinary_drop_has_its_row_in_time_beside_each_heap(size):
    """The goal is for 99 of 100 drops, on two processors with nothing else to do."""
    drops = size(0, 200)
    if not drops:
        pytest.skip("ten thousand files, and bombs, take minutes: --full")
    late = {}
    for heap in HEAPS:
        waits, _ = measure(heap, drops)
        late[heap] = round(statistics.quantiles(waits, n=100)[98], 2)
    assert not [heap for heap, seconds in late.items() if seconds > scaled(GOAL_S)], late
