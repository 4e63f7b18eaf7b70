"""What a disposable child may use for one file, and the kernel's timers that keep it to its time."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field

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
    may_halve : bool
        Large JPEG 2000 frames may be decoded at half their size for the network.
    input_size : int
        Rows and columns of the network's input, as the release states it.
    trusts_holes : bool
        Files lie where a hole was never written.
    """

    deadline_s: float
    deadline_per_frame_s: float
    memory_bytes: int
    max_file_bytes: int
    pixels: Limits
    eligibility: Eligibility = field(default_factory=Eligibility)
    processor_s: float | None = None
    slow_lane: Limits | None = None
    may_halve: bool = False
    input_size: int = INPUT_SIZE
    trusts_holes: bool = False


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
