"""Which files are to be looked at again, and when."""

import heapq
from collections.abc import Iterator


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
