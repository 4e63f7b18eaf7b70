"""Which files are to be looked at again, and when."""

import heapq
from collections.abc import Callable, Iterator


class DueTimes:
    """The next time of each file, by the monotonic clock; a new one takes the place of the one before."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, bytes]] = []
        self._at: dict[bytes, float] = {}

    def set(self, source: bytes, until: float) -> None:
        """Let a file wait.

        Parameters
        ----------
        source : bytes
            Its path below the inbox.
        until : float
            Monotonic time, seconds.
        """
        if self._at.get(source) != until:
            self._at[source] = until
            heapq.heappush(self._heap, (until, source))

    def forget(self, source: bytes) -> None:
        """Let a file wait for nothing any more.

        Parameters
        ----------
        source : bytes
        """
        self._at.pop(source, None)

    def take(self, now: float) -> Iterator[bytes]:
        """Yield the files whose time has come, the longest due first; each once.

        Parameters
        ----------
        now : float
            Monotonic time, seconds.

        Yields
        ------
        bytes
        """
        while self._heap and self._heap[0][0] <= now:
            at, source = heapq.heappop(self._heap)
            if self._at.get(source) == at:  # else another time was set since, or none
                del self._at[source]
                yield source

    def next(self) -> float | None:
        """Return the monotonic time at which `take` has something to give, or earlier; None if nothing waits.

        Returns
        -------
        float or None
        """
        return self._heap[0][0] if self._heap else None


class Agenda:
    """Two lanes of due times: files that changed wait apart, and only as many are taken as may be examined.

    Ten thousand files that are touched for ever would else be examined in a row, and newcomers behind them
    (fault 76).

    Parameters
    ----------
    may_again : callable
        True while one more file that changed may be examined.
    """

    def __init__(self, may_again: Callable[[], bool]) -> None:
        self._may_again = may_again
        self._lanes = self._due, self._changing = DueTimes(), DueTimes()

    def set(self, source: bytes, until: float, *, is_changing: bool = False) -> None:
        """Let a file wait, as of `DueTimes`.

        Parameters
        ----------
        source : bytes
        until : float
        is_changing : bool
        """
        (self._changing if is_changing else self._due).set(source, until)

    def forget(self, source: bytes) -> None:
        """Let a file wait for nothing any more.

        Parameters
        ----------
        source : bytes
        """
        for lane in self._lanes:
            lane.forget(source)

    def take(self, now: float) -> Iterator[bytes]:
        """Yield the files whose time has come; those that changed last, and not all of a heap of them.

        Parameters
        ----------
        now : float
            Monotonic time, seconds.

        Yields
        ------
        bytes
        """
        yield from self._due.take(now)
        while self._may_again() and (source := next(self._changing.take(now), None)) is not None:
            yield source

    def next(self) -> float | None:
        """Return the monotonic time at which `take` has something to give, or earlier; None if nothing waits.

        Returns
        -------
        float or None
        """
        lanes = self._lanes if self._may_again() else (self._due,)
        return min((at for lane in lanes if (at := lane.next()) is not None), default=None)
