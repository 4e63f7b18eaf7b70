"""What is known of a file while children try it, and what the end of a child says of its file."""

import signal
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any, Final

from daemon.decoding.child import ChildEndedError
from daemon.decoding.decode import examine_file, hash_file
from daemon.decoding.limits import ChildLimits
from daemon.decoding.messages import Decoded, Examined
from daemon.spool.file_state import look_at
from model.reading.completeness import Completeness
from storage.vocabulary import FAILED

_LIVES: Final = 3  # times that a file may lose its child to others before it is blamed
_TIMERS: Final = (-signal.SIGALRM, -signal.SIGPROF)
_FROM_OUTSIDE: Final = (-signal.SIGKILL, -signal.SIGTERM)


@dataclass(slots=True, eq=False)
class Task:
    """A file that children try.

    Parameters
    ----------
    function : callable
        What is asked of the child.
    path : bytes
    limits : ChildLimits
        Of the next try.
    answer : Future
        Settled once.
    slow_since : float or None
        When it went to the slow lane, monotonic seconds.
    is_suspected, is_alone : bool
        Whether it broke a child, and is tried with no other slow file beside it.
    used_s : float
        What tries without an answer took, seconds.
    lives : int
        How often it may still lose a child to others.
    blame : str
        The error code that it has whatever its hash is; empty while it is innocent.
    request : tuple
        Further arguments of the function.
    """

    function: Callable[..., Any]
    path: bytes
    limits: ChildLimits
    answer: "Future[Any]" = field(default_factory=Future)
    slow_since: float | None = None
    is_suspected: bool = False
    is_alone: bool = False
    used_s: float = 0.0
    lives: int = _LIVES
    blame: str = ""
    request: tuple[Any, ...] = ()

    @property
    def is_beside_lanes(self) -> bool:
        """Whether it is a look aside, not counted among ordinary scans; what takes long may still be slow."""
        return self.function in (examine_file, hash_file)

    @property
    def is_slow_examination(self) -> bool:
        """Whether it is a file of the inbox in the slow lane: it comes once, and leaves with its answer."""
        return self.function is examine_file and self.slow_since is not None

    def cancel(self) -> None:
        """Leave it without an answer."""
        self.answer.cancel()
        self.answer.set_running_or_notify_cancel()  # or concurrent.futures.wait would go on to wait for it


def blame_of(error: BaseException) -> str:
    """Say in a code what ended a child: the one place where any error at all is an answer.

    Parameters
    ----------
    error : BaseException

    Returns
    -------
    str
        `out_of_memory`, `deadline` or `decoder_crashed`.
    """
    if isinstance(error, MemoryError):
        return "out_of_memory"
    if isinstance(error, ChildEndedError) and error.exitcode in _TIMERS:
        return "deadline"
    return "decoder_crashed"


def was_killed(error: BaseException | None) -> bool:
    """Return whether a child was ended from outside, as an idle one may be: its file may be innocent.

    Parameters
    ----------
    error : BaseException or None

    Returns
    -------
    bool
    """
    return isinstance(error, ChildEndedError) and error.exitcode in _FROM_OUTSIDE


def answer_without(task: Task) -> Decoded | Examined:
    """Answer for a file that cannot even be looked at, or hashed.

    Parameters
    ----------
    task : Task

    Returns
    -------
    Decoded or Examined
        The blame alone; of a structure that it is unknown, or None if the file is gone.
    """
    if task.function is hash_file:
        return Decoded.refused(FAILED, task.blame)
    try:
        look = look_at(task.path)
    except OSError:
        return None
    return None if look is None else (look, Completeness.UNKNOWN)


def with_tries(task: Task, value: object) -> object:
    """Return an answer with what is known of its file: how long it was tried, and what it is blamed for.

    Parameters
    ----------
    task : Task
    value : object
        What a child answered, or stands for that.

    Returns
    -------
    object
        What is no `Decoded` as it is.
    """
    if not isinstance(value, Decoded):
        return value
    if task.used_s:
        value = replace(value, durations={**value.durations, "tried": task.used_s})
    if task.blame:
        value = replace(value, outcome=FAILED, error_code=task.blame)
    return value
