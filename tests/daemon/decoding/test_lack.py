import errno
import threading
from itertools import pairwise

import pytest

from daemon.decoding import lack
from daemon.decoding.lack import Lack, PoolClosedError
from daemon.errors import NoDecoderError
from tests.support.waiting import wait_until


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(lack, "AGAIN_S", 0.01)
    monkeypatch.setattr(lack, "_REPORT_S", 0.03)
    monkeypatch.setattr(lack, "_PATIENCE_S", 0.2)


def refusing(times, error):
    """Refuse so often, then give 7; None: refuse for ever."""
    refused = []

    def attempt():
        if times is None or len(refused) < times:
            refused.append(error)
            raise error
        return 7

    return attempt


def test_what_the_system_gives_at_once_is_given():
    assert Lack(threading.Event()).wait_for(refusing(0, OSError())) == 7


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OSError(errno.EAGAIN, ""), "EAGAIN"),
        (OSError(errno.EMFILE, ""), "EMFILE"),
        (EOFError(), "ended at its start"),
    ],
)
def test_without_anyone_to_report_to_the_wait_ends_and_says_the_cause_and_what_to_do(error, cause):
    with pytest.raises(NoDecoderError, match=rf"\({cause}\).*TasksMax.*LimitNOFILE"):
        Lack(threading.Event()).wait_for(refusing(None, error))


def test_a_lack_is_reported_once_and_its_end_once_however_many_wait():
    said, waiting = [], Lack(threading.Event())
    waiting.report_to(said.append)
    attempts = [refusing(40, OSError(errno.ENOMEM, "")) for _ in range(3)]
    threads = [threading.Thread(target=waiting.wait_for, args=(attempt,)) for attempt in attempts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert said[:1] == ["ENOMEM"]
    assert said[-1] is None
    assert all(one != other for one, other in pairwise(said))


def test_a_pause_lasts_as_long_as_one_file_waits_though_others_get_what_they_need():
    """Break it: let the first success end it. With one child of two, intake pauses for each file."""
    said, waiting, served = [], Lack(threading.Event()), threading.Event()
    waiting.report_to(said.append)

    def attempt():
        if not served.is_set():
            raise OSError(errno.EAGAIN, "")

    thread = threading.Thread(target=waiting.wait_for, args=(attempt,))
    thread.start()
    wait_until(lambda: said == ["EAGAIN"], what="the pause")
    for _ in range(20):
        waiting.wait_for(refusing(1, OSError(errno.EMFILE, "")))
    assert said == ["EAGAIN"]
    served.set()
    thread.join(60)
    assert said == ["EAGAIN", None]


def test_a_moment_without_a_process_is_not_worth_a_word(monkeypatch):
    monkeypatch.setattr(lack, "_REPORT_S", 3600)  # a moment is what is shorter
    said, waiting = [], Lack(threading.Event())
    waiting.report_to(said.append)
    assert waiting.wait_for(refusing(1, OSError(errno.EAGAIN, ""))) == 7
    assert said == []


def test_a_pool_that_closes_ends_the_wait():
    closed = threading.Event()
    waiting = Lack(closed)
    waiting.report_to(lambda _: closed.set())
    with pytest.raises(PoolClosedError):
        waiting.wait_for(refusing(None, OSError(errno.EAGAIN, "")))
