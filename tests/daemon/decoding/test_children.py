import errno
import os
import signal
import threading
import time
from queue import Queue
from types import SimpleNamespace

import pytest

from daemon.decoding.answer_format import read_decoded
from daemon.decoding.child import Child, ChildFailedError
from daemon.decoding.children import ChildPool, Work
from daemon.decoding.lack import PoolClosedError
from daemon.decoding.messages import Decoded
from daemon.decoding.opening import unreadable
from daemon.errors import NoDecoderError
from tests.support.deadlines import scaled
from tests.support.limits import LIMITS
from tests.support.waiting import wait_until


def sleep(descriptor, limits):
    time.sleep(float(os.read(descriptor, 10)))
    return Decoded(sha256="0" * 64)


def fail(descriptor, limits):
    raise ValueError(os.read(descriptor, 10))


WORKS = {sleep: Work(read_decoded, unreadable), fail: Work(read_decoded, unreadable)}


@pytest.fixture
def pool():
    made = ChildPool(1, 2 << 30, 1000, WORKS)
    yield made
    made.close()


@pytest.fixture
def ended():
    """What the pool said, in its order."""
    return Queue()


@pytest.fixture
def call(pool, tmp_path, ended):
    """Let the child sleep, or fail."""

    def begin(seconds, function=sleep):
        (tmp_path / str(seconds)).write_text(str(seconds))
        pool.call(function, (os.fsencode(tmp_path / str(seconds)), LIMITS), ended.put)

    return begin


def test_a_call_has_its_answer_and_how_long_a_child_was_busy(call, ended):
    call(0)
    assert ended.get(timeout=scaled(30)).error is None  # the child has begun
    began = time.monotonic()
    call(0.6)
    call(0)

    first, second = ended.get(timeout=scaled(30)), ended.get(timeout=scaled(30))
    took = time.monotonic() - began
    assert (first.error, second.error, second.value) == (None, None, Decoded(sha256="0" * 64))
    assert first.seconds > 0.5
    assert first.seconds + second.seconds <= took, "the second waited for the first, which does not count"


def test_what_a_function_raises_is_a_fact_without_words(call, ended):
    call(1, fail)

    error = ended.get(timeout=scaled(30)).error
    assert (type(error), str(error)) == (ChildFailedError, "")


def test_a_file_that_cannot_be_opened_has_its_answer_without_a_child(pool, tmp_path, ended):
    pool.call(sleep, (os.fsencode(tmp_path / "nothing"), LIMITS), ended.put)

    assert ended.get(timeout=scaled(30)).value.error_code == "unreadable"


def test_calls_end_where_no_child_starts_and_later_ones_in_a_new_one(pool, call, ended, monkeypatch):
    def refuse(*_):
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr("daemon.decoding.children.Child", refuse)
        patched.setattr("daemon.decoding.lack._PATIENCE_S", 0.1)
        for _ in range(2):
            call(0)
        assert {type(ended.get(timeout=scaled(60)).error) for _ in range(2)} == {NoDecoderError}
    call(0)
    assert ended.get(timeout=scaled(30)).error is None


@pytest.mark.parametrize("lacking", ["Child", "open_regular"])
def test_what_the_system_lacks_for_a_while_is_waited_for_and_no_call_ends(
    pool, call, ended, monkeypatch, lacking
):
    """Break it: end the call at once. A daemon without a free descriptor fails innocent files in seconds."""
    refused = []

    def refuse(*_):
        refused.append(lacking)
        raise OSError(errno.EMFILE, "")

    with monkeypatch.context() as patched:
        patched.setattr(f"daemon.decoding.children.{lacking}", refuse)
        call(0)
        wait_until(lambda: len(refused) > 2, what="another try")
        assert ended.empty()
    assert ended.get(timeout=scaled(30)).error is None


@pytest.fixture
def one_of_two(tmp_path, ended, monkeypatch):
    """A pool of two whose first child alone may begin: further ones get EAGAIN until one is allowed."""
    begun, allowed = [], threading.Semaphore(1)

    def begin(*arguments):
        if not allowed.acquire(blocking=False):
            raise OSError(errno.EAGAIN, "")
        begun.append(Child(*arguments))
        return begun[-1]

    monkeypatch.setattr("daemon.decoding.children.Child", begin)
    pool = ChildPool(2, 2 << 30, 1000, WORKS)
    reports = []
    pool.lack.report_to(reports.append)
    pool.open()
    wait_until(lambda: pool.pids, what="the one child")
    monkeypatch.setattr("daemon.decoding.lack._REPORT_S", 0.3)

    def call(seconds):
        (tmp_path / str(seconds)).write_text(str(seconds))
        pool.call(sleep, (os.fsencode(tmp_path / str(seconds)), LIMITS), ended.put)

    yield SimpleNamespace(pool=pool, call=call, reports=reports, begun=begun, allowed=allowed)
    pool.close()


def test_one_child_answers_every_file_where_another_cannot_begin(one_of_two, ended):
    """Break it: let a thread take a file before it has a child. It waits for ever, beside an idle child."""
    for number in range(20):
        one_of_two.call(number / 100)
        assert ended.get(timeout=scaled(30)).error is None
    for number in range(20):
        one_of_two.call(number / 100)
    assert {ended.get(timeout=scaled(30)).error for _ in range(20)} == {None}
    assert one_of_two.reports == []
    assert len(one_of_two.begun) == 1


def test_what_waits_behind_a_long_file_waits_for_its_child_and_nothing_is_lacking(one_of_two, ended):
    one_of_two.call(1.5)
    one_of_two.call(0)
    assert {ended.get(timeout=scaled(30)).error for _ in range(2)} == {None}
    assert one_of_two.reports == []


def test_a_lack_is_reported_once_no_child_lives_and_ends_with_the_first_that_begins(one_of_two, ended):
    """Break it: let each thread that waits for a child of its own go on with the report."""
    one_of_two.call(0)
    assert ended.get(timeout=scaled(30)).error is None
    os.kill(one_of_two.begun[0].pid, signal.SIGKILL)
    wait_until(lambda: not one_of_two.pool.pids, what="the child to be gone")
    for _ in range(4):
        one_of_two.call(0)
    wait_until(lambda: one_of_two.reports == ["EAGAIN"], what="the report")
    one_of_two.allowed.release()
    assert {ended.get(timeout=scaled(30)).error for _ in range(4)} == {None}
    wait_until(lambda: one_of_two.reports == ["EAGAIN", None], what="the end of the report")


def test_a_closed_pool_ends_every_call_once(pool, call, ended):
    for _ in range(20):
        call(30)
    wait_until(lambda: pool.pids, what="a child")
    pool.close()
    call(0)

    assert {type(ended.get(timeout=scaled(10)).error) for _ in range(21)} == {PoolClosedError}
    assert ended.empty()


def test_a_child_that_does_not_keep_its_deadline_is_ended_by_the_daemon(tmp_path, ended, monkeypatch):
    """Its own timer does, unless it was broken into. Break it: wait for the answer without an end."""
    monkeypatch.setattr("daemon.decoding.child._longest_s", lambda limits: 0.2)
    pool = ChildPool(1, 2 << 30, 1000, WORKS, send_s=0.2)
    (tmp_path / "a").write_text("600")
    pool.call(sleep, (os.fsencode(tmp_path / "a"), LIMITS), ended.put)

    error = ended.get(timeout=scaled(30)).error
    pool.close()

    assert error.exitcode == -signal.SIGALRM


def test_it_says_what_holds_for_its_children(pool):
    pool.open()

    assert pool.confinement(scaled(30)).has_no_new_privileges


def test_a_pool_whose_children_never_begin_says_nothing_of_them(pool):
    assert pool.confinement(0) is None
