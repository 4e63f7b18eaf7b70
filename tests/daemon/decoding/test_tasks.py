import signal

import pytest

from daemon.decoding.child import ChildEndedError
from daemon.decoding.decode import decode_file, examine_file, hash_file
from daemon.decoding.limits import ChildLimits
from daemon.decoding.messages import Decoded
from daemon.decoding.tasks import Task, blame_of, was_killed, with_tries
from tests.support.limits import LIMITS


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


def test_looks_at_structure_and_hashes_stand_beside_the_lanes_until_a_look_takes_long():
    looked, hashed, decoded = (Task(one, b"a", LIMITS) for one in (examine_file, hash_file, decode_file))
    assert [one.is_beside_lanes for one in (looked, hashed, decoded)] == [True, True, False]
    assert not looked.is_slow_examination
    for one in (looked, hashed, decoded):
        one.slow_since = 1.0
    assert [one.is_slow_examination for one in (looked, hashed, decoded)] == [True, False, False]


def test_an_answer_says_how_long_its_file_was_tried_and_what_that_is_blamed_for():
    answer = Decoded(sha256="00", durations={"decode": 1})
    assert with_tries(Task(decode_file, b"a", LIMITS), answer) is answer
    blamed = with_tries(Task(decode_file, b"a", LIMITS, used_s=5, blame="deadline"), answer)
    assert (blamed.outcome, blamed.error_code, blamed.durations) == (
        *("failed", "deadline"),
        {"decode": 1, "tried": 5},
    )
    assert with_tries(Task(examine_file, b"a", LIMITS, used_s=5), None) is None
