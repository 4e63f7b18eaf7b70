"""Who may go on: ordinary scans never wait long for others.

Every file is tried with the limits of an ordinary scan first; see `daemon.decoding.tries`. One that is larger
goes to the slow lane, and so does one that took longer or broke its child, which is then suspected. There,
half of the children take one file after the other with all that the settings allow, once no ordinary scan
waits or a minute has passed; where there is one child, others wait for it meanwhile. Large scans go before
suspected files. So fifty files that burn their whole deadline leave the way free for the scans behind them.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, Generic, Protocol, TypeVar

GIVES_WAY_S: Final = 60.0
"""So long a file in the slow lane lets others go first."""


class Task(Protocol):
    """What a lane must know of a file."""

    is_suspected: bool
    """It took too long for an ordinary scan, or broke a child."""
    is_alone: bool
    """It broke a child, and is not to be under way beside another that did."""
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
        self._large: deque[_T] = deque()
        self._suspected: deque[_T] = deque()
        self._running: list[_T] = []
        self._is_turn_of_suspected = False

    @property
    def slow(self) -> int:
        """Files in the slow lane."""
        return len(self._large) + len(self._suspected) + len(self._running)

    def enter(self, task: _T) -> None:
        """Count a file that is under way, if it is an ordinary one.

        Parameters
        ----------
        task : object
        """
        if task.slow_since is None:
            self._ordinary.add(task)

    def slow_down(self, task: _T) -> None:
        """Put a file at the end of those that wait in the slow lane as it does.

        Parameters
        ----------
        task : object
        """
        self.leave(task)
        task.slow_since = self._clock()
        (self._suspected if task.is_suspected else self._large).append(task)

    def leave(self, task: _T) -> None:
        """Forget a file that has its answer.

        Parameters
        ----------
        task : object
        """
        self._ordinary.discard(task)
        if task in self._running:
            self._running.remove(task)

    def starting(self) -> Iterator[_T]:
        """Return what may start in the slow lane now.

        A file starts when those that go before it have nothing to do, or when it has waited long enough; a
        suspected one then takes turns with the large ones. Of those that broke a child, one is under way at
        once.

        Yields
        ------
        object
        """
        while len(self._running) < self._width:
            queue = self._next()
            if queue is None:
                return
            self._is_turn_of_suspected = queue is self._large
            task = queue.popleft()
            self._running.append(task)
            yield task

    def clear(self) -> list[_T]:
        """Give up what waits, and give it.

        Returns
        -------
        list of object
        """
        waiting = [*self._large, *self._suspected]
        self._large.clear()
        self._suspected.clear()
        return waiting

    def _next(self) -> "deque[_T] | None":
        if self._may_suspected_start() and (self._is_turn_of_suspected or not self._large):
            return self._suspected
        if self._large and not (self._ordinary and self._waits_shortly(self._large[0])):
            return self._large
        return None

    def _may_suspected_start(self) -> bool:
        if not self._suspected:
            return False
        first = self._suspected[0]
        if first.is_alone and any(task.is_alone for task in self._running):
            return False
        return not ((self._ordinary or self._large) and self._waits_shortly(first))

    def _waits_shortly(self, task: _T) -> bool:
        return self._clock() - (task.slow_since or 0) < GIVES_WAY_S
