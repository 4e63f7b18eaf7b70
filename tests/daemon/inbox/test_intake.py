"""What is ready, and when: files by themselves."""

import os
from concurrent.futures import Future

import pytest

from daemon.inbox.events import Sign
from daemon.spool.file_state import look_at
from daemon.states import State
from model.reading.completeness import Completeness
from tests.support.intakes import CUT, WHOLE, claim, hint, make_intake, put, ready, settle_now
from tests.support.pictures import png_bytes
from tests.support.waiting import wait_until


def test_a_closed_whole_file_is_ready_at_once(spool, intake):
    intake.take_hints([hint(put(spool, "a.png"))])
    assert ready(intake) == [b"a.png"]


def test_a_created_file_waits_for_its_second_look_and_quiet(spool, intake, clock):
    intake.take_hints([hint(put(spool, "a.png"), sign=Sign.NONE)])
    assert ready(intake) == []
    clock.now += 4.5
    assert ready(intake) == []
    clock.now += 0.5
    assert ready(intake) == [b"a.png"]


def test_a_file_is_ready_once(spool, intake):
    path = put(spool, "a.png")
    intake.take_hints([hint(path)] * 5)
    assert ready(intake) == [b"a.png"]
    assert ready(intake) == []


def test_a_cut_file_is_not_ready_until_it_is_whole(spool, intake, clock):
    path = put(spool, "a.png", CUT)
    intake.take_hints([hint(path)])
    assert ready(intake) == []
    clock.now += 299
    assert ready(intake) == []
    put(spool, "a.png", WHOLE)
    intake.take_hints([hint(path)])
    assert ready(intake) == [b"a.png"]


def test_a_cut_file_that_nobody_finishes_is_ready_after_long(spool, intake, clock):
    intake.take_hints([hint(put(spool, "a.png", CUT))])
    assert ready(intake) == []
    clock.now += 300
    assert ready(intake) == [b"a.png"]


def test_a_touch_while_it_is_ready_takes_it_back(spool, intake):
    path = put(spool, "a.png")
    intake.take_hints([hint(path)])
    settle_now(intake)
    put(spool, "a.png", CUT)
    intake.take_hints([hint(path, sign=Sign.NONE)])
    assert ready(intake) == []


def test_a_write_while_it_is_ready_is_seen_without_an_event(spool, intake, clock):
    """It may have been ready for hours: while the database is away, nothing is claimed (fault 37)."""
    intake.take_hints([hint(put(spool, "a.png")), hint(put(spool, "gone.png"))])
    settle_now(intake)
    put(spool, "a.png", CUT)
    (spool.inbox / "gone.png").unlink()
    assert ready(intake) == []
    clock.now += 299
    assert ready(intake) == []
    intake.take_hints([hint(put(spool, "a.png", WHOLE))])
    assert ready(intake) == [b"a.png"]


class SlowPool:
    """Children whose answers come when the test says so."""

    slow_examinations = 0

    def __init__(self):
        self.asked = []

    def examine(self, path):
        self.asked.append(Future())
        return self.asked[-1]


def test_a_write_while_it_is_examined_is_seen(spool, clock):
    """What a child found of the bytes before says nothing of those after (fault 6)."""
    pool = SlowPool()
    intake = make_intake(spool, pool, clock)
    path = put(spool, "a.png")
    before = look_at(path)
    intake.take_hints([hint(path)])
    intake.advance()
    put(spool, "a.png", CUT)
    intake.take_hints([hint(path, sign=Sign.NONE)])
    intake.advance()
    pool.asked[0].set_result((before, Completeness.COMPLETE))
    for _ in range(3):
        intake.advance()
        clock.now += 5
    assert list(intake.ready(9)) == []
    assert len(pool.asked) == 2
    pool.asked[1].set_result((look_at(path), Completeness.INCOMPLETE))
    intake.advance()
    assert list(intake.ready(9)) == []


@pytest.mark.parametrize("change", ["touched", "written"])
def test_a_change_that_the_child_saw_too_lets_the_file_wait_and_ends_no_daemon(spool, clock, change):
    """Fault 7: the child looked after the change, and the file was not quiet since: it is examined again."""
    pool = SlowPool()
    intake = make_intake(spool, pool, clock)
    path = put(spool, "a.png")
    intake.take_hints([hint(path)])
    intake.advance()
    if change == "touched":
        os.utime(path, (5, 5))
    else:
        put(spool, "a.png", png_bytes(2))
    intake.take_hints([hint(path, sign=Sign.NONE)])
    intake.advance()
    pool.asked[0].set_result((look_at(path), Completeness.COMPLETE))
    intake.advance()
    assert intake.files.state(b"a.png") is State.CHANGING
    clock.now += 5
    intake.advance()
    clock.now += 5
    intake.advance()
    assert intake.files.state(b"a.png") is State.EXAMINING
    pool.asked[1].set_result((look_at(path), Completeness.COMPLETE))
    intake.advance()
    assert ready(intake) == [b"a.png"]


def test_a_folder_that_was_moved_in_is_taken_with_all_its_files(spool, intake, tmp_path):
    beside = tmp_path / "beside"
    (beside / "deep").mkdir(parents=True)
    for name in ("a.png", "deep/b.png", "deep/.c.png"):
        (beside / name).write_bytes(WHOLE)
    beside.rename(spool.inbox / "ward")
    intake.take_hints([hint(os.fsencode(spool.inbox / "ward"), is_folder=True, sign=Sign.RENAMED)])
    assert ready(intake) == [b"ward/a.png", b"ward/deep/b.png"]


def test_a_sweep_finds_what_no_event_told(spool, intake, clock):
    put(spool, "a.png")
    put(spool, "ward/b.png")
    intake.begin_sweep()
    assert ready(intake) == []
    clock.now += 5
    intake.begin_sweep()
    assert ready(intake) == [b"a.png", b"ward/b.png"]


def test_the_sweep_rests_while_enough_files_are_under_way(spool, intake, clock):
    for number in range(20):
        put(spool, f"{number}.png")
    intake.begin_sweep()
    settle_now(intake)
    assert intake.waiting == 8
    taken = []

    def all_taken():
        clock.now += 5
        settle_now(intake)
        taken.extend(claim(intake, 5))
        return len(taken) == 20 and intake.idle

    wait_until(all_taken)
    assert len(set(taken)) == 20


def test_the_room_bounds_what_is_given(spool, intake):
    intake.take_hints([hint(put(spool, f"{number}.png")) for number in range(5)])
    assert ready(intake, room=-3) == []
    assert len(ready(intake, room=2)) == 2
    assert len(ready(intake, room=9)) == 3


def test_links_fifos_and_ignored_names_are_counted_and_never_ready(spool, intake, clock):
    os.mkfifo(spool.inbox / "fifo.png")
    (spool.inbox / "link.png").symlink_to(put(spool, ".hidden.png").decode())
    put(spool, "a.part")
    names = ["fifo.png", "link.png", ".hidden.png", "a.part"]
    intake.take_hints([hint(os.fsencode(spool.inbox / name)) for name in names])
    intake.begin_sweep()
    clock.now += 900
    assert ready(intake) == []
    assert (intake.counts.ignored, intake.counts.waiting) == (4, 0)


def test_counts_tell_what_waits_and_since_when(spool, intake):
    path = put(spool, "a.png")
    put(spool, "b.png")
    os.utime(spool.inbox / "b.png")
    intake.begin_sweep()
    settle_now(intake)
    assert intake.counts.waiting == 2
    assert os.lstat(path).st_ctime_ns == intake.counts.oldest_wall_ns


def test_a_claimed_file_waits_no_more_though_no_sweep_came_since(spool, intake, clock):
    for name in ("a.png", "b.png"):
        put(spool, name)
    intake.begin_sweep()
    settle_now(intake)
    clock.now += 60
    assert len(ready(intake, 1)) == 1
    assert intake.counts.waiting == 1
    assert len(ready(intake, 1)) == 1
    assert (intake.counts.waiting, intake.counts.oldest_wall_ns) == (0, None)


def test_files_that_were_taken_away_are_forgotten(spool, intake):
    path = put(spool, "a.png", CUT)
    intake.take_hints([hint(path)])
    settle_now(intake)
    os.unlink(path)
    intake.begin_sweep()
    settle_now(intake)
    assert (intake.waiting, intake.idle) == (0, True)


def test_what_may_not_be_renamed_is_counted_by_the_sweep(spool, intake):
    intake.take_hints([hint(put(spool, "a.png"))])
    assert ready(intake) == [b"a.png"]
    intake.begin_sweep()
    intake.refuse(b"a.png")
    settle_now(intake)
    assert intake.counts.unclaimable == 1


def test_hints_from_elsewhere_and_from_too_deep_are_passed_over(spool, intake):
    outside = os.fsencode(spool.root / "inbox-of-another.png")
    deep = os.fsencode(spool.inbox) + b"/d" * 150 + b"/a.png"
    intake.take_hints([hint(outside), hint(os.fsencode(spool.inbox), is_folder=True), hint(deep)])
    assert intake.waiting == 0
    assert ready(intake) == []


def test_due_times_are_told(spool, intake, clock):
    assert intake.next_due() is None
    intake.take_hints([hint(put(spool, "a.png"), sign=Sign.NONE)])
    assert clock.now == intake.next_due()
    intake.advance()
    assert clock.now + 0.125 == intake.next_due()
    intake.begin_sweep()
    assert clock.now == intake.next_due()


def test_a_folder_that_may_not_be_entered_is_counted(spool, intake, monkeypatch):
    (spool.inbox / "closed").mkdir()
    put(spool, "a.png")
    scandir = os.scandir

    def refused(path):
        if os.fsencode(path).endswith(b"/closed"):  # root, who may run this, is never refused
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr("daemon.inbox.sweep.os.scandir", refused)
    intake.begin_sweep()
    settle_now(intake)
    assert (intake.counts.waiting, intake.counts.unclaimable) == (1, 1)
