"""Files that wait for a marker of their name."""

import os

import pytest

from daemon.inbox.events import Sign
from daemon.inbox.intake import Intake
from daemon.inbox.markers import Markers
from daemon.inbox.settle import Patience
from daemon.inbox.sweep import Ignore
from tests.support.intakes import CUT, hint, put, ready, settle_now


@pytest.fixture
def marked(spool, children, clock):
    """An inbox in which files have markers."""
    patience = Patience(look_interval_s=0.125, settle_s=5, incomplete_wait_s=300)
    ignore = Ignore((".*", "*.ready"))
    suffixes = (".ready",)
    return Intake(
        spool.inbox, children, patience, ignore, lambda: None, clock=clock, marker_suffixes=suffixes
    )


def test_a_file_is_ready_once_its_marker_is_there_and_takes_it_along(spool, marked):
    path = put(spool, "ward/a.png")
    marked.take_hints([hint(path)])
    assert ready(marked) == []
    marker = put(spool, "ward/a.png.ready", b"")
    marked.take_hints([hint(marker, sign=Sign.NONE)])
    settle_now(marked)
    assert list(marked.ready(9)) == [b"ward/a.png"]
    os.unlink(path)  # as its claim does
    marked.claimed(b"ward/a.png")
    assert os.listdir(spool.inbox / "ward") == []


def test_a_marker_that_came_first_is_no_reason_to_take_half_a_file(spool, marked, clock):
    marked.take_hints([hint(put(spool, "a.ready", b"")), hint(put(spool, "a.png", CUT))])
    assert ready(marked) == []
    marked.take_hints([hint(put(spool, "a.png"))])
    assert ready(marked) == [b"a.png"]


def test_a_file_that_was_put_back_outlives_a_restart_though_its_marker_went(spool, marked, clock):
    """Break it: let `take_back` make no marker. A daemon that starts anew never claims the file then."""
    put(spool, "a.png")
    put(spool, "a.png.ready", b"")
    os.unlink(spool.inbox / "a.png.ready")  # as its claim did
    marked.take_back(b"a.png")
    assert not Markers(spool.inbox, (".ready",)).lacks(b"a.png")


def test_a_sweep_finds_a_marker_that_no_event_named(spool, marked, clock):
    put(spool, "a.png")
    marked.begin_sweep()
    settle_now(marked)
    assert (marked.counts.waiting, marked.waiting) == (1, 0)
    put(spool, "a.ready", b"")
    marked.begin_sweep()
    settle_now(marked)
    clock.now += 6
    settle_now(marked)
    clock.now += 6
    assert ready(marked) == [b"a.png"]
