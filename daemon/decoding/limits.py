"""What a disposable child may use for one file, and the kernel's timers that keep it to its time."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from model.header import Header
from model.reading.eligibility import Eligibility
from model.reading.limits import Limits
from model.reading.network_input import INPUT_SIZE


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What a child may use for one file.

    Parameters
    ----------
    deadline_s : float
        Seconds for a file of one frame.
    deadline_per_frame_s : float
        Seconds more for each further frame.
    memory_bytes : int
        Address space of the child.
    max_file_bytes : int
        Larger files are refused unread.
    pixels : Limits
        What the decoders refuse.
    eligibility : Eligibility
        Which scans are for the network.
    processor_s : float or None
        Seconds of a processor, whatever the number of frames; None: as many as the deadline gives.
    slow_lane : Limits or None
        What the decoders refuse in the slow lane, if this is not it.
    may_reduce : bool
        Large JPEG 2000 frames may be decoded at a lower resolution for the network.
    input_size : int
        Rows and columns of the network's input, as the release states it.
    trusts_holes : bool
        Files lie where a hole was never written.
    glance_s : float or None
        Seconds of a processor after which a look at a file's structure is given up, and its child goes on
        with another file; None: as many as it has.
    preview_frames : int
        Small pictures are made of so many frames, the first ones.
    """

    deadline_s: float
    deadline_per_frame_s: float
    memory_bytes: int
    max_file_bytes: int
    pixels: Limits
    eligibility: Eligibility = field(default_factory=Eligibility)
    processor_s: float | None = None
    slow_lane: Limits | None = None
    may_reduce: bool = False
    input_size: int = INPUT_SIZE
    trusts_holes: bool = False
    glance_s: float | None = None
    preview_frames: int = 0


class GlanceOverError(BaseException):
    """A look takes longer than a glance; no handler of errors on the way takes it for one of the file."""


@contextmanager
def glance(seconds: float | None) -> Iterator[None]:
    """Give up what takes longer, between two steps of Python; the process goes on.

    Parameters
    ----------
    seconds : float or None
        Of a processor; None: nothing is given up.

    Yields
    ------
    None

    Raises
    ------
    GlanceOverError
        The time is over.
    """
    if seconds is None:
        yield
        return

    def give_up(_number: int, _frame: FrameType | None) -> None:
        raise GlanceOverError

    former = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, former)


class Deadline:
    """Let the kernel end this process when the file has had its time, even inside native code.

    A context manager; it gives what to call with the header, so that the deadline allows for the frames. The
    process ends by SIGALRM, or by SIGPROF where it used up its processor time.

    Parameters
    ----------
    limits : ChildLimits

    References
    ----------
    setitimer(2).
    """

    def __init__(self, limits: ChildLimits) -> None:
        self._limits = limits
        self._started = 0.0

    def __enter__(self) -> Callable[[Header], None]:
        self._started = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, self._limits.deadline_s)
        if self._limits.processor_s is not None:
            signal.setitimer(signal.ITIMER_PROF, self._limits.processor_s)
        return self._extend

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _extend(self, header: Header) -> None:
        frames = max(1, header.frames or 1)
        allowed = self._limits.deadline_s + self._limits.deadline_per_frame_s * (frames - 1)
        left = allowed - (time.monotonic() - self._started)
        signal.setitimer(signal.ITIMER_REAL, max(left, 0.001))
