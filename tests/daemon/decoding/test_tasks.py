import signal

import pytest

from daemon.decoding.child import ChildEndedError
from daemon.decoding.limits import ChildLimits
from daemon.decoding.tasks import Task, blame_of, was_killed


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError(), "out_of_memory"),
        (ChildEndedError(-signal.SIGALRM), "deadline"),
        (ChildEndedError(-signal.SIGPROF), "deadline"),
        (ChildEndedError(-signal.SIGSEGV), "decoder_crashed"),
        (ChildEndedError(-signal.SIGKILL), "decoder_crashed"),
        (ValueError(), "decoder_crashed"),
    ],
)
def test_what_ended_a_child_is_a_code(error, code):
    assert blame_of(error) == code


@pytest.mark.parametrize(
    ("error", "killed"),
    [
        (ChildEndedError(-signal.SIGKILL), True),
        (ChildEndedError(-signal.SIGTERM), True),
        (ChildEndedError(-signal.SIGSEGV), False),
        (ChildEndedError(-signal.SIGALRM), False),
        (MemoryError(), False),
        (None, False),
    ],
)
def test_only_a_kill_comes_from_outside(error, killed):
    assert was_killed(error) is killed


def test_a_cancelled_task_keeps_nobody_waiting():
    task = Task(len, b"a", ChildLimits.__new__(ChildLimits))
    task.cancel()
    assert task.answer.cancelled()
    assert task.answer.done()
