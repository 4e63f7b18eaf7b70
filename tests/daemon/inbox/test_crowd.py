"""Fault 76: who gives way when more files wait than are kept in mind."""

import pytest

from daemon.inbox.crowd import Crowd
from daemon.inbox.settle import Sighting
from daemon.spool.file_state import Look
from daemon.states import INBOX_STATES, Files, State
from model.reading.completeness import Completeness

CUT, WHOLE = Completeness.INCOMPLETE, Completeness.COMPLETE


def look(ctime_ns):
    return Look(1, ctime_ns, 100, ctime_ns, ctime_ns)


@pytest.fixture
def files(monkeypatch):
    monkeypatch.setattr("daemon.inbox.crowd.MAX_WAITING", 3)
    return Files(INBOX_STATES)


def wait(files, name, ctime_ns, completeness=CUT, state=State.SETTLING):
    files.move(name, State.EXAMINING, Sighting(look(ctime_ns), float(ctime_ns), completeness=completeness))
    if state is not State.EXAMINING:
        files.move(name, state)


def test_there_is_room_until_the_bound(files):
    for number in range(2):
        wait(files, b"%d" % number, number)
    assert Crowd(files).has_room(look(0), is_named=False)
    assert len(files) == 2


def test_the_one_that_waited_longest_to_be_whole_gives_way(files):
    wait(files, b"whole", 1, WHOLE)
    wait(files, b"long", 2)
    wait(files, b"short", 3)
    assert Crowd(files).has_room(look(9), is_named=True)
    assert list(files) == [b"whole", b"short"]
    assert files.left[State.EVICTED] == 1


@pytest.mark.parametrize(
    ("states", "gives_way"),
    [
        ((State.OVERDUE, State.CHANGING, State.EXAMINING), b"1"),
        ((State.OVERDUE, State.EXAMINING, State.READY), b"0"),
        ((State.EXAMINING, State.READY, State.READY), None),
    ],
)
def test_of_those_that_are_under_way_none_does(files, states, gives_way):
    for number, state in enumerate(states):
        wait(files, b"%d" % number, number, state=state)
    assert Crowd(files).has_room(look(9), is_named=True) is (gives_way is not None)
    assert gives_way not in files


def test_a_sweep_makes_room_for_what_changed_later_only(files):
    """Else the files of a full inbox would take turns, and none be waited for to its end."""
    for number in range(3):
        wait(files, b"%d" % number, 10 + number)
    assert not Crowd(files).has_room(look(10), is_named=False)
    assert Crowd(files).has_room(look(11), is_named=False)


def test_what_was_left_out_is_swept_for_once_half_of_the_room_is_free(files):
    """Break it: wait for the next sweep. With `sweep_s` of an hour 8,268 of 20,000 files waited for it."""
    crowd = Crowd(files)
    for number in range(3):
        wait(files, b"%d" % number, 10)
    assert not crowd.take_left_out()
    crowd.has_room(look(10), is_named=False)
    files.move(b"0", State.GONE)
    assert not crowd.take_left_out()
    files.move(b"1", State.GONE)
    assert [crowd.take_left_out(), crowd.take_left_out()] == [True, False]


def test_how_many_gave_way_is_logged_once(files, capsys):
    crowd = Crowd(files)
    for number in range(3):
        wait(files, b"%d" % number, number)
    crowd.has_room(look(9), is_named=True)
    crowd.report()
    crowd.report()
    assert capsys.readouterr().out.count("files_evicted") == 1
