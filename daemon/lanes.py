"""What a file may use at its first try, and at a second: ordinary scans never wait long for others.

Every file is tried with the limits of an ordinary scan first. One that is larger, takes longer, or breaks its
child goes to the slow lane, where half of the children take one file after the other with all that the
settings allow, once no ordinary scan waits or a minute has passed. So fifty files that burn their whole
deadline leave the way free for the scans behind them.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, Generic, Protocol, TypeVar

from daemon.decode_child import ChildLimits

GIVES_WAY_S: Final = 60.0
"""So long the slow lane lets ordinary scans go first; then both share the children."""

_FRAME_PIXELS: Final = 24_000_000  # a large mammogram
_SCAN_PIXELS: Final = 48_000_000
_INFLATED_BYTES: Final = 100 << 20
_SHARE: Final = 1 / 3


def ordinary(limits: ChildLimits) -> ChildLimits:
    """Give the limits of a first try.

    Parameters
    ----------
    limits : ChildLimits
        What the settings allow.

    Returns
    -------
    ChildLimits
        Those of an ordinary scan, with a third of the time; never more than `limits`.
    """
    pixels = replace(
        limits.pixels,
        max_pixels_per_frame=min(limits.pixels.max_pixels_per_frame, _FRAME_PIXELS),
        max_pixels_per_scan=min(limits.pixels.max_pixels_per_scan, _SCAN_PIXELS),
        max_inflated_bytes=min(limits.pixels.max_inflated_bytes, _INFLATED_BYTES),
    )
    return replace(limits, pixels=pixels, deadline_s=limits.deadline_s * _SHARE)


def second(limits: ChildLimits) -> ChildLimits:
    """Give the limits of a try after one that broke its child: both together have the deadline."""
    return replace(limits, deadline_s=limits.deadline_s * (1 - _SHARE))


class Task(Protocol):
    """What a lane must know of a file."""

    alone: bool
    """It broke a child."""
    slow_since: float | None
    """When it came into the slow lane, monotonic seconds; None: it is an ordinary one."""


_T = TypeVar("_T", bound=Task)


class Lanes(Generic[_T]):
    """Who may go on. It has no lock of its own.

    Parameters
    ----------
    width : int
        Most files of the slow lane that are under way at once.
    clock : callable
        Monotonic seconds.
    """

    def __init__(self, width: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._width = width
        self._clock = clock
        self._ordinary: set[_T] = set()
        self._waiting: deque[_T] = deque()
        self._running: list[_T] = []

    @property
    def slow(self) -> int:
        """Files in the slow lane."""
        return len(self._waiting) + len(self._running)

    def enter(self, task: _T) -> None:
        """Count a file that is under way, if it is an ordinary one."""
        if task.slow_since is None:
            self._ordinary.add(task)

    def slow_down(self, task: _T) -> None:
        """Put a file at the end of the slow lane."""
        self.leave(task)
        task.slow_since = self._clock()
        self._waiting.append(task)

    def leave(self, task: _T) -> None:
        """Forget a file that has its answer."""
        self._ordinary.discard(task)
        if task in self._running:
            self._running.remove(task)

    def starting(self) -> Iterator[_T]:
        """Give what may start in the slow lane now.

        It starts when nothing else is to be done, or has waited long enough. Two files that broke a child
        are never under way at once.
        """
        while self._waiting and len(self._running) < self._width:
            first = self._waiting[0]
            if self._ordinary and self._clock() - (first.slow_since or 0) < GIVES_WAY_S:
                return
            if first.alone and any(task.alone for task in self._running):
                return
            self._waiting.popleft()
            self._running.append(first)
            yield first

    def clear(self) -> list[_T]:
        """Give up what waits, and give it."""
        waiting = list(self._waiting)
        self._waiting.clear()
        return waiting
