"""Fault 75, after the row: what is written to a stored file is found, once it is quiet."""

import hashlib
import os
from datetime import UTC, datetime

import pytest

from daemon.pipeline.stored_files import StoredFiles
from daemon.spool.file_state import look_at
from storage.records import ScanRecord


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def stored(spool, clock):
    """A file in done/ that is looked at for a minute, and what looks at it."""
    path = spool.done / "a.dcm"
    path.write_bytes(b"half")
    row = ScanRecord(
        scan_id="an id",
        received_at=NOON,
        finished_at=NOON,
        source_name="a.dcm",
        outcome="classified",
        sha256=hashlib.sha256(b"half").hexdigest(),
        stored_path="done/a.dcm",
    )
    watch = StoredFiles(spool, 60, clock)
    watch.add([(look_at(os.fsencode(path)), row), (None, row)])
    return path, watch


def looks(watch, clock, number):
    found = []
    for _ in range(number):
        clock.now += 20
        found.append([scan.scan_id for scan in watch.rewritten()])
    return found


def test_what_is_written_after_the_row_is_found_once_it_is_quiet_and_only_once(stored, clock):
    """Break it: compare the size alone, or return a file at each look."""
    path, watch = stored
    assert looks(watch, clock, 1) == [[]]
    path.write_bytes(b"more")
    assert looks(watch, clock, 1) == [[]]
    path.write_bytes(b"more and more")
    assert looks(watch, clock, 3) == [[], ["an id"], []]


def test_times_that_are_set_late_change_nothing(stored, clock):
    path, watch = stored
    os.utime(path, (1, 1))
    assert looks(watch, clock, 3) == [[], [], []]


def test_a_file_that_goes_on_changing_is_looked_at_until_it_is_quiet(stored, clock):
    path, watch = stored
    for number in range(8):
        path.write_bytes(b"x" * (number + 10))
        assert looks(watch, clock, 1) == [[]]
    assert looks(watch, clock, 2) == [["an id"], []]


@pytest.mark.parametrize("gone", [True, False])
def test_one_that_was_taken_away_or_replaced_is_left_alone(stored, clock, gone):
    path, watch = stored
    if gone:
        path.unlink()
    else:
        other = path.with_name("other")
        other.write_bytes(b"other")
        other.replace(path)
    assert looks(watch, clock, 3) == [[], [], []]


def test_after_a_while_nothing_is_looked_at_any_more(stored, clock):
    path, watch = stored
    looks(watch, clock, 5)
    path.write_bytes(b"late")
    assert looks(watch, clock, 3) == [[], [], []]


def test_looks_are_not_more_frequent_than_is_useful(stored, clock):
    path, watch = stored
    looks(watch, clock, 1)
    path.write_bytes(b"much more")  # of another length: the clock of a file system may stand for milliseconds
    assert watch.rewritten() == watch.rewritten() == []
    assert looks(watch, clock, 2) == [[], ["an id"]]
