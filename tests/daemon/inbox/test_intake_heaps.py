"""A newcomer beside heaps of files that are cut, slow, or written for ever."""

import os
from concurrent.futures import Future

from daemon.inbox.events import Sign
from daemon.spool.file_state import look_at
from daemon.states import State
from model.reading.completeness import Completeness
from tests.support.intakes import CUT, WHOLE, claim, hint, make_intake, put, ready, settle_now
from tests.support.waiting import wait_until


def test_files_that_change_for_ever_do_not_hide_the_others(spool, intake, clock):
    """More of them than the sweep looks ahead, without an event that would say that they are closed."""
    for number in range(12):
        put(spool, f"{number}", CUT)
    put(spool, "z/calm.png")
    size = [len(CUT)]

    def seen():
        clock.now += 0.0625
        size[0] += 1
        for number in range(12):
            put(spool, f"{number}", WHOLE[: size[0]])
        intake.begin_sweep()
        intake.advance()
        return b"z/calm.png" in intake.files

    wait_until(seen, what="the sweep to meet the calm file")
    clock.now += 5
    wait_until(lambda: seen() and list(claim(intake)) == [b"z/calm.png"], what="the calm file to be ready")


def test_a_file_that_changed_and_rests_is_ready_all_the_same(spool, intake, clock):
    for text in (CUT, WHOLE[:300], WHOLE):
        intake.take_hints([hint(put(spool, "a.png", text), sign=Sign.NONE)])
        settle_now(intake)
    clock.now += 2
    settle_now(intake)
    clock.now += 5
    assert ready(intake) == [b"a.png"]
    assert len(intake.files) == 0


def test_fault_76_an_ordinary_file_is_ready_beside_more_cut_files_than_are_kept(
    spool, intake, clock, monkeypatch
):
    """Break it: let `Crowd.has_room` say no once there are too many."""
    monkeypatch.setattr("daemon.inbox.crowd.MAX_WAITING", 10)
    for number in range(20):
        intake.take_hints([hint(put(spool, f"cut{number}", CUT))])
        settle_now(intake)
    assert intake.waiting == 10
    intake.take_hints([hint(put(spool, "a.png"))])
    assert ready(intake) == [b"a.png"]
    clock.now += 400
    assert len(ready(intake)) == 9
    for name in ("a.png", *(f"cut{number}" for number in range(11, 20))):
        (spool.inbox / name).unlink()  # as their claims would
    intake.begin_sweep()
    for _ in range(8):
        settle_now(intake)
        clock.now += 0.2
    assert intake.waiting == 10  # those that gave way: each is answered in the end


def test_fault_1_files_that_found_no_room_are_met_again_when_there_is_some(spool, intake, clock, monkeypatch):
    """Break it: leave them to the next sweep, which may be an hour away."""
    monkeypatch.setattr("daemon.inbox.crowd.MAX_WAITING", 10)
    names = [f"{number}.png" for number in range(35)]
    for name in names:
        put(spool, name)
    intake.begin_sweep()
    claimed = set()
    for _ in range(30):
        for source in ready(intake):
            (spool.inbox / source.decode()).unlink()
            claimed.add(source.decode())
        clock.now += 1
    assert claimed == set(names)


def test_fault_76_files_that_were_given_up_hold_up_no_whole_one(spool, intake, clock):
    """Break it: let them be ready like all others: arrivals rest, and they come first."""
    for number in range(20):
        intake.take_hints([hint(put(spool, f"cut{number}", CUT))])
        settle_now(intake)
    clock.now += 300
    settle_now(intake)
    assert intake.files.count(State.OVERDUE) == 20
    intake.take_hints([hint(put(spool, "a.png"))])
    settle_now(intake)
    assert list(intake.ready(1)) == [b"cut0"]  # not for ever behind the others either
    assert list(intake.ready(3)) == [b"a.png", b"cut0", b"cut1"]


class Slow:
    """A pool whose examinations do not end, all of them in the slow lane."""

    slow_examinations = 0

    def examine(self, _path):
        self.slow_examinations += 1
        return Future()


def test_fault_76_files_in_the_slow_lane_do_not_keep_others_from_being_met(spool, clock):
    pool = Slow()
    intake = make_intake(spool, pool, clock)
    intake.take_hints([hint(put(spool, f"{number}.png")) for number in range(20)])
    intake.advance()
    assert pool.slow_examinations == 20
    assert not intake._is_full()


class Remembering:
    """Children that say at once that a file is cut; then, from `holds`, nothing any more."""

    slow_examinations = 0

    def __init__(self):
        self.holds = False
        self.asked = []

    def examine(self, path):
        self.asked.append(os.path.basename(path))
        future = Future()
        if not self.holds:
            future.set_result((look_at(path), Completeness.INCOMPLETE))
        return future


def test_fault_76_a_heap_that_changed_is_not_examined_before_a_newcomer(spool, clock):
    """Each was met before: the sweep sees at once that all changed, and all are due at the same moment."""
    pool = Remembering()
    intake = make_intake(spool, pool, clock)
    heap = [put(spool, f"{number}.png", CUT) for number in range(30)]
    for path in heap:
        intake.take_hints([hint(path)])
        intake.advance()
    for path in heap:
        os.utime(path, ns=(1, 1))
    intake.begin_sweep()
    settle_now(intake)
    pool.holds, pool.asked[:] = True, []
    clock.now += 5
    intake.advance()
    intake.take_hints([hint(put(spool, "new.png"))])
    intake.advance()
    assert len(pool.asked) == 5
    assert pool.asked[-1] == b"new.png"


def test_each_of_a_heap_that_changed_is_examined_in_the_end(spool, clock):
    pool = Remembering()
    intake = make_intake(spool, pool, clock)
    heap = [put(spool, f"{number}.png", CUT) for number in range(30)]
    for path in heap:
        intake.take_hints([hint(path)])
        intake.advance()
    pool.asked.clear()
    for path in heap:
        os.utime(path, ns=(1, 1))
        intake.take_hints([hint(path)])
    settle_now(intake)
    clock.now += 5
    settle_now(intake)
    assert sorted(pool.asked) == sorted(map(os.path.basename, heap))
