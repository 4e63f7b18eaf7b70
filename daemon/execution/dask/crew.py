"""Workers of one machine that come and go with the files that wait.

Coordinators leave with the scheduler how many files they have for workers; here they are summed up. A worker
that is not needed is asked to end, finishes what it has, and no file suffers.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

WANTED: Final = "inboxray-wanted"
"""Where coordinators leave it: a mapping from each one's name to (files, a number that grows)."""
_FORGOTTEN_S: Final = 15.0
"""So long a coordinator that says nothing new counts."""
_PATIENCE_S: Final = 60.0
_EVERY_S: Final = 1.0


class Process(Protocol):
    """What is asked of a worker's process; `subprocess.Popen` has it."""

    def poll(self) -> int | None:
        """Return how it ended; None while it runs.

        Returns
        -------
        int or None
        """
        ...

    def terminate(self) -> None:
        """Ask it to end."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Parameters
        ----------
        timeout : float, optional
            Seconds.

        Returns
        -------
        int
        """
        ...


class Wishes:
    """What coordinators want, as they left it with the scheduler.

    Parameters
    ----------
    clock : callable
        Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard: dict[str, tuple[int, float]] = {}

    def total(self, left: Any) -> int:
        """Sum up the files of those that still say something: each of their clocks is its own.

        Parameters
        ----------
        left : mapping of str to (int, int)
            What lies with the scheduler.

        Returns
        -------
        int
        """
        now, total = self._clock(), 0
        for name, word in dict(left or {}).items():
            files, number = int(word[0]), int(word[1])
            if name not in self._heard or self._heard[name][0] != number:
                self._heard[name] = (number, now)
            if now - self._heard[name][1] < _FORGOTTEN_S:
                total += files
        return total


@dataclass(slots=True)
class Size:
    """How many workers there should be.

    Parameters
    ----------
    least, most : int
    files_a_worker : int
        That one has at once.
    patience_s : float
        How long fewer must have been enough before one is ended, seconds.
    """

    least: int
    most: int
    files_a_worker: int
    patience_s: float = _PATIENCE_S
    _enough_since: float | None = field(default=None, init=False)

    def of(self, files: int, running: int, now: float) -> int:
        """Decide: more at once, fewer later and one at a time.

        Parameters
        ----------
        files : int
            That wait or are under way.
        running : int
            Workers that there are.
        now : float
            Monotonic, seconds.

        Returns
        -------
        int
        """
        needed = min(max(math.ceil(files / self.files_a_worker), self.least), self.most)
        if needed >= running:
            self._enough_since = None
            return needed
        if self._enough_since is None:
            self._enough_since = now
        if now - self._enough_since < self.patience_s:
            return running
        self._enough_since = now
        return running - 1


class Crew:
    """Start and end workers.

    Parameters
    ----------
    size : Size
    wanted : callable
        Gives how many files wait or are under way; None while that cannot be known.
    start : callable
        Starts a worker of a number, from 1.
    """

    def __init__(self, size: Size, wanted: Callable[[], int | None], start: Callable[[int], Process]) -> None:
        self._size, self._wanted, self._start = size, wanted, start
        self._running: dict[int, Process] = {}
        self._ending: list[Process] = []

    @property
    def running(self) -> int:
        """Workers that were not asked to end."""
        return len(self._running)

    def serve(self, stop: threading.Event, every_s: float = _EVERY_S) -> None:
        """Be the crew until it is stopped; then all are asked to end and waited for.

        Parameters
        ----------
        stop : threading.Event
        every_s : float
            Between two looks, seconds.
        """
        try:
            while not stop.is_set():
                self.look()
                stop.wait(every_s)
        finally:
            for process in self._running.values():
                process.terminate()
            for process in (*self._running.values(), *self._ending):
                process.wait()

    def look(self) -> None:
        """Start what is missing, also for one that died; end what is too much."""
        self._running = {number: one for number, one in self._running.items() if one.poll() is None}
        self._ending = [one for one in self._ending if one.poll() is None]
        files = self._wanted()
        count = self.running if files is None else self._size.of(files, self.running, time.monotonic())
        count = max(count, self._size.least)
        while self.running < count:
            number = next(one for one in range(1, count + 1) if one not in self._running)
            self._running[number] = self._start(number)
        while self.running > count:
            process = self._running.pop(max(self._running))
            process.terminate()
            self._ending.append(process)
