import os
from concurrent.futures import Future

import pytest

from daemon.inbox.events import Hint, Sign
from daemon.inbox.intake import Intake
from daemon.inbox.markers import Markers
from daemon.inbox.settle import Patience
from daemon.inbox.sweep import Ignore
from daemon.spool.file_state import look_at
from daemon.states import State
from model.reading.completeness import Completeness
from tests.support.pictures import png_bytes
from tests.support.waiting import wait_until

WHOLE = png_bytes(1)
CUT = WHOLE[:200]


class Clock:
    """A monotonic clock that stands until it is told to go on."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def make_intake(spool, pool, clock):
    return Intake(
        spool.inbox,
        pool,
        Patience(look_interval_s=0.125, settle_s=5, incomplete_wait_s=300),
        Ignore((".*", "*.part")),
        lambda: None,
        lookahead=8,
        clock=clock,
    )


@pytest.fixture
def intake(spool, children, clock):
    return make_intake(spool, children, clock)


def put(spool, name, data=WHOLE):
    path = spool.inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return os.fsencode(path)


def hint(path, *, sign=Sign.CLOSED, is_folder=False):
    return Hint(path, is_folder, sign)


def settle_now(intake):
    """Advance until nothing more happens at this time."""

    def rests():
        intake.advance()
        walks = not intake._arrivals.are_none and not intake._is_full()
        return not (intake.files.count(State.EXAMINING) or walks)

    wait_until(rests, what="the intake to rest")


def ready(intake, room=100):
    settle_now(intake)
    return sorted(claim(intake, room))


def claim(intake, room=100):
    """Claim what is ready, as the loop does; the file stays where it is."""
    for source in intake.ready(room):
        intake.claimed(source)
        yield source


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


def put_back(spool, intake, name):
    """Put a file where one that was claimed has gone back to, as the pipeline does."""
    path = put(spool, name)
    intake.take_back(os.fsencode(name))
    return path


def test_our_own_rename_is_no_sign_of_the_writer(spool, intake, clock):
    """Its writer may still be at it; other renames are trusted."""
    path = put_back(spool, intake, "a.png")
    intake.take_hints([hint(path, sign=Sign.RENAMED)])
    assert ready(intake) == []
    clock.now += 5
    assert ready(intake) == [b"a.png"]
    intake.take_hints([hint(put(spool, "b.png"), sign=Sign.RENAMED)])
    assert ready(intake) == [b"b.png"]


@pytest.mark.parametrize("grows", [False, True])
def test_nor_however_late_its_event_comes(spool, intake, clock, grows):
    """Sweeps end meanwhile, and the file is written to. Break it: let `see` not keep `is_returned`."""
    path = put_back(spool, intake, "ward/a.png")
    for _ in range(3):
        intake.begin_sweep()
        settle_now(intake)
        clock.now += 1
    if grows:
        with open(path, "ab") as file:
            file.write(b"more")
    intake.take_hints([hint(path, sign=Sign.RENAMED)])
    intake.take_hints([hint(os.path.dirname(path), sign=Sign.RENAMED, is_folder=True)])
    settle_now(intake)
    assert ready(intake) == []


def test_the_close_of_a_file_that_went_back_is_one(spool, intake):
    path = put_back(spool, intake, "a.png")
    intake.take_hints([hint(path, sign=Sign.RENAMED), hint(path, sign=Sign.CLOSED)])
    assert ready(intake) == [b"a.png"]


def test_another_file_of_that_name_is_trusted(spool, intake, tmp_path):
    path = put_back(spool, intake, "a.png")
    (tmp_path / "other").write_bytes(WHOLE)
    (tmp_path / "other").rename(os.fsdecode(path))
    intake.take_hints([hint(path, sign=Sign.RENAMED)])
    assert ready(intake) == [b"a.png"]


def test_a_file_that_went_back_and_is_gone_is_no_error(spool, intake):
    intake.take_back(b"gone.png")
    os.mkfifo(spool.inbox / "fifo")
    intake.take_back(b"fifo")
    assert intake.waiting == 0


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
