import fcntl
import time
from concurrent.futures.process import BrokenProcessPool
from queue import Queue

import pytest

from daemon.decoding.children import ChildPool, PoolClosedError
from tests.support.deadlines import scaled
from tests.support.waiting import wait_until


@pytest.fixture
def pool():
    made = ChildPool(1, 2 << 30, 1000)
    yield made
    made.close()


@pytest.fixture
def ended():
    """What the pool said, in its order."""
    return Queue()


def test_a_call_has_its_answer_and_how_long_a_child_was_busy(pool, ended):
    pool.call(time.sleep, (0.6,), ended.put)
    pool.call(len, (b"four",), ended.put)

    first, second = ended.get(timeout=scaled(30)), ended.get(timeout=scaled(30))
    assert (first.error, second.error, second.value) == (None, None, 4)
    assert 0.4 < first.seconds < 5
    assert second.seconds < 0.4, "it waited for the first, which does not count"


def test_a_child_need_not_wait_until_an_answer_of_one_frame_is_taken(pool, ended):
    pool.call(len, (b"four",), ended.put)
    ended.get(timeout=scaled(30))
    channel = pool._pool._pool_manager.worker_manager.pool_channel

    def is_wide():
        return fcntl.fcntl(channel.reader.fileno(), fcntl.F_GETPIPE_SZ) > 224 * 224 * 2 + 1000

    wait_until(is_wide, what="the pipe to be made wider")


def test_what_a_function_raises_is_its_end(pool, ended):
    pool.call(int, ("no number",), ended.put)

    assert isinstance(ended.get(timeout=scaled(30)).error, ValueError)


def test_calls_of_a_pool_that_breaks_end_as_broken_and_later_ones_in_a_new_one(pool, ended):
    for _ in range(3):
        pool.call(time.sleep, (30,), ended.put)
    pool._pool._pool_manager.worker_manager.close_channels()

    assert {type(ended.get(timeout=scaled(60)).error) for _ in range(3)} == {BrokenProcessPool}
    pool.call(len, (b"four",), ended.put)
    assert ended.get(timeout=scaled(30)).value == 4


def test_a_closed_pool_ends_every_call_once(pool, ended):
    for _ in range(20):
        pool.call(time.sleep, (30,), ended.put)
    pool.close()
    pool.call(len, (b"late",), ended.put)

    assert {type(ended.get(timeout=scaled(10)).error) for _ in range(21)} == {PoolClosedError}
    assert ended.empty()
