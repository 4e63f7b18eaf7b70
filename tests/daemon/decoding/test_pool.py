import hashlib
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import wait
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from daemon.decoding import decode as decode_child
from daemon.decoding.child import ChildEndedError
from daemon.decoding.children import Ended
from daemon.decoding.messages import TAKES_LONG
from daemon.decoding.pool import DecoderPool
from daemon.decoding.tasks import Task
from model.reading.completeness import Completeness
from tests.support import hostile
from tests.support.bombs import black_png
from tests.support.deadlines import is_within, scaled
from tests.support.limits import LIMITS
from tests.support.pictures import png_bytes
from tests.support.shared import ROOT
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def pool():
    """Two children that obey orders."""
    with DecoderPool(2, LIMITS, decode=hostile.decode_file, is_confined=False) as made:
        yield made


@pytest.fixture
def give(pool, tmp_path):
    """Decode data in the pool; the answer, or the future of it."""

    def start(data, name="a", *, later=False):
        (tmp_path / name).write_bytes(data)
        future = pool.decode(os.fsencode(tmp_path / name))
        return future if later else future.result(scaled(30))

    return start


def children(pool):
    return pool._children.pids


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def test_a_sound_file_becomes_input(give):
    decoded = give(png_bytes(1))
    assert (None, sha256(png_bytes(1)), (1, 224, 224)) == (
        decoded.outcome,
        decoded.sha256,
        decoded.inputs.shape,
    )


def test_a_bad_file_is_an_answer_from_its_first_child(give):
    assert give(b"no picture").error_code == "unknown_format"


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (b"CRASH", "decoder_crashed"),
        (b"HANG", "deadline"),
        (b"MEMORY", "out_of_memory"),
        (b"FOREIGN", "decoder_crashed"),
    ],
)
def test_what_ends_its_child_twice_is_a_code_with_its_hash(give, order, code):
    decoded = give(order)
    assert ("failed", code, sha256(order)) == (decoded.outcome, decoded.error_code, decoded.sha256)
    assert len(order) == decoded.look.size


def test_a_file_is_tried_once_more(give, tmp_path):
    decoded = give(b"CRASH-ONCE " + os.fsencode(tmp_path / "mark") + b"\n")
    assert (tmp_path / "mark").exists()
    assert (decoded.error_code, decoded.inputs) == ("unknown_format", None)


def test_crashes_cost_nobody_else_anything(give):
    orders = [b"CRASH", b"HANG", b"CRASH"]
    futures = [
        give(orders[n // 8], str(n), later=True) if n % 8 == 3 else give(png_bytes(n), str(n), later=True)
        for n in range(24)
    ]
    answers = [future.result(scaled(60)) for future in futures]
    codes = [answer.error_code for answer in answers]
    assert codes[3::8] == ["decoder_crashed", "deadline", "decoder_crashed"]
    assert codes.count(None) == 21


def test_what_is_larger_than_an_ordinary_scan_is_read_all_the_same(give):
    assert give(black_png(5000)).inputs.shape == (1, 224, 224)
    assert give(black_png(8001)).error_code == "too_large"


def test_a_file_that_never_ends_has_its_deadline_once(tmp_path):
    """Worst case a file: the deadline and 2 s, however often it is tried."""
    (tmp_path / "burn").write_bytes(b"ENDLESS")
    with DecoderPool(2, replace(LIMITS, deadline_s=3), decode=hostile.decode_file) as pool:
        pool.examine(os.fsencode(os.devnull)).result(scaled(30))
        started = time.monotonic()
        decoded = pool.decode(os.fsencode(tmp_path / "burn")).result(scaled(30))
        took = time.monotonic() - started

    assert decoded.error_code == "deadline"
    assert took > 2.9
    assert is_within(took - 3, 2)


def test_frames_lengthen_the_deadline_but_not_the_first_try(tmp_path):
    """Break it: give each frame its second in both tries. 500 frames hold an ordinary child for 509 s."""
    (tmp_path / "burn").write_bytes(b"ENDLESS-FRAMES")
    limits = replace(LIMITS, deadline_s=3, deadline_per_frame_s=0.02)
    with DecoderPool(2, limits, decode=hostile.decode_file) as pool:
        pool.examine(os.fsencode(os.devnull)).result(scaled(30))
        started = time.monotonic()
        burning = pool.decode(os.fsencode(tmp_path / "burn"))
        wait_until(lambda: pool.slow, timeout_s=2.5, what="the first try to end")
        decoded = burning.result(scaled(30))
        took = time.monotonic() - started

    assert decoded.error_code == "deadline"
    assert took > 4.9
    assert is_within(took - 5, 2)
    assert decoded.durations["tried"] <= took
    assert is_within(took - decoded.durations["tried"], 0.7)


@pytest.mark.parametrize(("order", "tries"), [(b"CRASH-COUNTED ", 2), (b"BURN-COUNTED ", 2)])
def test_a_file_is_tried_twice_at_most(tmp_path, order, tries):
    tally = tmp_path / "tally"
    (tmp_path / "a").write_bytes(order + os.fsencode(tally) + b"\n")
    limits = replace(LIMITS, deadline_s=scaled(2))  # a third of it is time enough to begin
    with DecoderPool(2, limits, decode=hostile.decode_file, is_confined=False) as pool:
        assert pool.decode(os.fsencode(tmp_path / "a")).result(scaled(30)).outcome == "failed"

    assert tally.stat().st_size == tries


class Told:
    """Children that end as the test says."""

    def __init__(self):
        self.calls = []

    def call(self, function, arguments, then):
        self.calls.append((function, arguments[1].deadline_s))
        self.then = then


def test_the_hash_of_a_file_that_is_blamed_has_little_time_beyond_its_deadline():
    """Break it: give the hash the deadline anew. A file whose bytes come slowly has it three times then."""
    pool = DecoderPool(2, replace(LIMITS, deadline_s=30), decode=hostile.decode_file)
    reported = pool._children = Told()
    answer = pool.decode(b"a")
    reported.then(Ended(error=ChildEndedError(-signal.SIGALRM), seconds=10))
    reported.then(Ended(error=ChildEndedError(-signal.SIGALRM), seconds=20))
    reported.then(Ended(error=ChildEndedError(-signal.SIGALRM), seconds=1.5))

    assert answer.result(0).error_code == "deadline"
    assert reported.calls == [
        (hostile.decode_file, 10),
        (hostile.decode_file, 20),
        (decode_child.hash_file, 1.5),
    ]


def test_the_hash_of_a_file_that_crashed_at_once_has_what_is_left():
    pool = DecoderPool(2, replace(LIMITS, deadline_s=30), decode=hostile.decode_file)
    reported = pool._children = Told()
    answer = pool.decode(b"a")
    for _ in range(2):
        reported.then(Ended(error=ChildEndedError(-signal.SIGSEGV), seconds=1))
    reported.then(Ended(decode_child.Decoded(sha256="00"), seconds=3))

    assert reported.calls[2] == (decode_child.hash_file, 28)
    assert (answer.result(0).error_code, answer.result(0).sha256) == ("decoder_crashed", "00")
    assert answer.result(0).durations == {"tried": 5}


def test_what_killed_children_took_counts():
    """Break it: forget it. A file whose children are killed has its time four times then."""
    pool = DecoderPool(2, replace(LIMITS, deadline_s=30), decode=hostile.decode_file)
    reported = pool._children = Told()
    answer = pool.decode(b"a")
    for seconds in (9, 9, 9, 2):
        reported.then(Ended(error=ChildEndedError(-signal.SIGKILL), seconds=seconds))
    reported.then(Ended(decode_child.Decoded(sha256="00"), seconds=0.5))

    assert reported.calls[:4] == [(hostile.decode_file, pytest.approx(left)) for left in (10, 10, 10, 3)]
    assert reported.calls[4:] == [(decode_child.hash_file, pytest.approx(1.5))]
    assert answer.result(0).durations == {"tried": 29.5}


def test_a_pool_that_is_held_begins_nothing_more_of_the_slow_lane(tmp_path):
    """Break it: let it. A thousand scans of 500 frames may wait there, and their frames in memory then."""
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(black_png(5000))
    (tmp_path / "small").write_bytes(png_bytes(1))
    with DecoderPool(2, LIMITS, decode=hostile.decode_file) as pool:
        pool.hold(is_held=True)
        large = [pool.decode(os.fsencode(tmp_path / name)) for name in "ab"]
        wait_until(lambda: pool.slow == 2, timeout_s=30, what="both to be slow")
        assert pool.decode(os.fsencode(tmp_path / "small")).result(scaled(30)).outcome is None
        assert not any(one.done() for one in large)
        assert pool._lanes._running == []

        pool.hold(is_held=False)
        assert [one.result(scaled(30)).outcome for one in large] == [None, None]


def test_large_scans_do_not_wait_for_those_that_never_end(tmp_path):
    for number in range(3):
        (tmp_path / f"burn{number}").write_bytes(b"ASLEEP")
    (tmp_path / "large").write_bytes(black_png(5000))
    with DecoderPool(2, replace(LIMITS, deadline_s=scaled(2)), decode=hostile.decode_file) as pool:
        burning = [pool.decode(os.fsencode(tmp_path / f"burn{n}")) for n in range(3)]
        wait_until(lambda: pool.slow == 3, timeout_s=30, what="all to be slow")
        assert pool.decode(os.fsencode(tmp_path / "large")).result(scaled(30)).outcome is None

        assert sum(one.done() for one in burning) <= 1


def test_sound_files_do_not_wait_for_those_that_never_end(tmp_path):
    """Break it: let the slow lane have every child."""
    for number in range(8):
        (tmp_path / f"burn{number}").write_bytes(b"ASLEEP")
        (tmp_path / f"good{number}").write_bytes(png_bytes(number))
    with DecoderPool(2, replace(LIMITS, deadline_s=scaled(6)), decode=hostile.decode_file) as pool:
        burning = [pool.decode(os.fsencode(tmp_path / f"burn{n}")) for n in range(4)]
        wait_until(lambda: pool.slow == 4, timeout_s=30, what="all to be slow")
        late = [pool.decode(os.fsencode(tmp_path / f"good{n}")) for n in range(8)]
        wait(late, timeout=scaled(10))

        assert [one.result(0).outcome for one in late] == [None] * 8
        assert sum(one.done() for one in burning) <= 2


def test_the_children_say_nothing(tmp_path):
    (tmp_path / "talk").write_bytes(b"TALK Meyer^Anna\n")
    script = (
        "import sys\n"
        "from daemon.decoding.pool import DecoderPool\n"
        "from tests.support.limits import LIMITS\n"
        "from tests.support import hostile\n"
        "with DecoderPool(1, LIMITS, decode=hostile.decode_file) as pool:\n"
        "    print(pool.decode(sys.argv[1].encode()).result(600).error_code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "talk"],
        cwd=ROOT,
        capture_output=True,
        timeout=scaled(60),
        check=True,
    )
    assert (done.stdout, done.stderr) == (b"unknown_format\n", b"")


def test_a_child_has_its_limits_and_leaves_no_core(give):
    memory = LIMITS.memory_bytes
    assert (str(memory), str(memory), "0", "0") == give(b"RULES").warnings


def test_idle_children_that_are_killed_are_made_anew(pool, give):
    """No file may notice (fault 54)."""
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
        for pid in wait_until(lambda: children(pool)):
            os.kill(pid, number)
        assert give(png_bytes(1)).outcome is None


@pytest.mark.parametrize(("times", "code"), [(3, "unknown_format"), (99, "decoder_crashed")])
def test_a_file_whose_children_are_killed_three_times_is_blamed_for_none_of_it(tmp_path, times, code):
    """Whoever killed them may have meant others (fault 54); one that goes on so is blamed."""
    order = b"KILLED %d " % times + os.fsencode(tmp_path / "tally") + b"\n"
    (tmp_path / "a").write_bytes(order)
    with DecoderPool(1, LIMITS, decode=hostile.decode_file, is_confined=False) as pool:
        assert pool.decode(os.fsencode(tmp_path / "a")).result(scaled(60)).error_code == code
    assert (tmp_path / "tally").stat().st_size < 99


def test_no_file_is_forgotten_when_children_end_before_a_long_queue(pool, tmp_path):
    (tmp_path / "a").write_bytes(png_bytes(1))
    (tmp_path / "slow").write_bytes(b"SLEEP 2\n")
    slow = [pool.decode(os.fsencode(tmp_path / "slow")) for _ in range(2)]
    futures = [pool.examine(os.fsencode(tmp_path / "a")) for _ in range(200)]
    for pid in wait_until(lambda: children(pool)):
        os.kill(pid, signal.SIGKILL)
    done, late = wait([*slow, *futures], timeout=scaled(60))
    assert (len(done), len(late)) == (202, 0)
    assert {Completeness.COMPLETE} == {future.result()[1] for future in futures}


def test_a_child_that_is_killed_while_it_answers_silences_nobody(tmp_path):
    """Half an answer is none, and each child has a channel of its own (fault 54)."""
    (tmp_path / "a").write_bytes(b"HALF-ONCE " + os.fsencode(tmp_path / "mark") + b"\n")
    (tmp_path / "b").write_bytes(png_bytes(1))
    with DecoderPool(2, LIMITS, decode=hostile.decode_file, is_confined=False) as pool:
        futures = [pool.decode(os.fsencode(tmp_path / name)) for name in "abbbb"]
        codes = [future.result(scaled(60)).error_code for future in futures]
    assert codes == ["unknown_format", None, None, None, None]


def test_structure_is_examined_and_what_breaks_its_child_is_unknown(pool, tmp_path):
    (tmp_path / "a").write_bytes(png_bytes(1)[:99])
    assert Completeness.INCOMPLETE is pool.examine(os.fsencode(tmp_path / "a")).result(scaled(30))[1]
    assert pool.examine(os.fsencode(tmp_path / "gone")).result(scaled(30)) is None


def test_children_are_renewed_after_their_share_of_files(tmp_path):
    (tmp_path / "pid").write_bytes(b"PID")
    with DecoderPool(1, LIMITS, tasks_per_child=2, decode=hostile.decode_file) as pool:
        pids = [pool.decode(os.fsencode(tmp_path / "pid")).result(scaled(30)).warnings[0] for _ in range(6)]
    assert len(set(pids)) == 3


def test_closing_ends_the_children_and_cancels_what_waits(tmp_path):
    (tmp_path / "slow").write_bytes(b"SLEEP 60\n")
    with DecoderPool(1, LIMITS, decode=hostile.decode_file) as pool:
        waiting = [pool.decode(os.fsencode(tmp_path / "slow")) for _ in range(3)]
        running = wait_until(lambda: children(pool))
    assert all(future.cancelled() for future in waiting)
    assert pool.decode(b"late").cancelled()
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in running), what="the children to end")


def test_no_file_is_left_without_an_end_when_the_pool_closes_among_them(tmp_path):
    """Break it: queue a file for the slow lane without a look at whether the pool was closed meanwhile."""
    (tmp_path / "crash").write_bytes(b"CRASH")
    for moment in range(4):
        with DecoderPool(2, LIMITS, decode=hostile.decode_file) as pool:
            futures = [pool.decode(os.fsencode(tmp_path / "crash")) for _ in range(40)]
            wait_until(lambda pool=pool, moment=moment: pool.slow > moment, timeout_s=30, what="crashes")
        assert not wait(futures, timeout=scaled(5)).not_done


def test_what_is_queued_for_the_slow_lane_of_a_closed_pool_is_cancelled(tmp_path):
    pool = DecoderPool(1, LIMITS, decode=hostile.decode_file)
    pool.close()
    task = Task(hostile.decode_file, b"", LIMITS)
    pool._slow_down(task, LIMITS)

    assert task.answer.cancelled()
    assert pool.slow == 0


def test_children_end_with_a_daemon_that_is_killed(tmp_path):
    """Idle, asleep or burning: none outlives the daemon, so none keeps anything of it (fault 54)."""
    (tmp_path / "sleep").write_bytes(b"SLEEP 600\n")
    (tmp_path / "burn").write_bytes(b"ENDLESS")
    script = (
        "import sys, time\n"
        "from daemon.decoding.pool import DecoderPool\n"
        "from tests.support import hostile\n"
        "from tests.support.limits import LIMITS\n"
        "with DecoderPool(3, LIMITS, decode=hostile.decode_file) as pool:\n"
        "    pool.decode(sys.argv[1].encode())\n"
        "    pool.decode(sys.argv[2].encode())\n"
        "    time.sleep(600)\n"
    )
    daemon = subprocess.Popen([sys.executable, "-c", script, tmp_path / "sleep", tmp_path / "burn"], cwd=ROOT)
    try:
        family = psutil.Process(daemon.pid)
        # its own are multiprocessing's tracker of semaphores and the forkserver, which has the children
        born = wait_until(lambda: _five_of(family), timeout_s=60, what="three children, one of them busy")
    finally:
        daemon.kill()
        daemon.wait()
    wait_until(lambda: not any(map(_lives, born)), what="every child to end")


def _five_of(family):
    born = family.children(recursive=True)
    return born if len(born) >= 5 and any(_is_busy_below(family, one) for one in born) else None


def _is_busy_below(family, process):
    with suppress(psutil.NoSuchProcess):  # it ends just now, at its deadline
        return process.ppid() != family.pid and process.cpu_times().user > 0.5
    return False


def _lives(process):
    with suppress(psutil.NoSuchProcess):  # it ends between two questions
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def test_a_child_inherits_no_descriptor_of_the_daemon(pool, give, tmp_path):
    """By fork it would hold the spool's lock after the daemon's death."""
    with (tmp_path / "lock").open("w"):
        give(png_bytes(1))
        for pid in children(pool):
            assert str(tmp_path / "lock") not in set(_opened(pid))


def _opened(pid):
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed just now, as that of a file which was answered
            yield str(link.readlink())


def test_a_child_that_says_for_ever_that_it_takes_long_is_believed_once():
    """Break it: look no further than at what it says. A child that was broken into has its file for ever."""
    pool = DecoderPool(2, LIMITS)
    reported = pool._children = Told()
    answer = pool.examine(b"/nothing")
    for _ in range(2):
        reported.then(Ended(TAKES_LONG))

    assert answer.result(0) is None
    assert len(reported.calls) == 2


def many_elements(path, megabytes):
    """Write a DICOM file that takes long to walk through: elements of no length, very many of them."""
    element = b"\x09\x00\x10\x00LO\x00\x00"
    path.write_bytes(bytes(128) + b"DICM" + element * (megabytes * (1 << 20) // len(element)))
    return os.fsencode(path)


def test_fault_76_examinations_that_take_long_go_on_in_the_slow_lane(tmp_path):
    """Break it: let the first look at a structure have all its time: no child is left for others."""
    with DecoderPool(2, LIMITS) as pool:
        pool.hold(is_held=True)  # so that what is there is seen
        long = [pool.examine(many_elements(tmp_path / f"{n}", 4)) for n in range(4)]
        wait_until(lambda: pool.slow_examinations == 4, timeout_s=60, what="all to be in the slow lane")
        assert pool.slow == 0  # of claimed files, which others need not wait for
        (tmp_path / "small").write_bytes(png_bytes(1))
        assert pool.examine(os.fsencode(tmp_path / "small")).result(scaled(30))[1] is Completeness.COMPLETE
        assert not any(one.done() for one in long)
        assert pool._lanes._running == []

        pool.hold(is_held=False)
        assert {one.result(scaled(90))[1] for one in long} == {Completeness.ENDS_CLEANLY}
        assert pool.slow_examinations == 0
