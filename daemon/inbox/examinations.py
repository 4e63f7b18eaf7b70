"""Structures of files, asked of children: begun by the loop, ended by their threads, taken in by the loop."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from daemon.decoding.pool import DecoderPool

if TYPE_CHECKING:
    from concurrent.futures import Future

    from daemon.decoding.messages import Examined


class Examinations:
    """Let children look at structures.

    Parameters
    ----------
    pool : DecoderPool
    wake : callable
        Called, from any thread, when one ended.
    most_again : int
        So many of the files that changed since they were met are examined at once: few, so that no newcomer
        waits long.
    """

    def __init__(self, pool: DecoderPool, wake: Callable[[], None], most_again: int) -> None:
        self._pool = pool
        self._most_again = most_again
        self._wake = wake
        self._again: set[bytes] = set()
        self._ended: deque[tuple[bytes, Future[Examined]]] = deque()

    @property
    def slow(self) -> int:
        """How many take so long that they went to the slow lane."""
        return self._pool.slow_examinations

    @property
    def may_again(self) -> bool:
        """True if one more file that changed may be examined now; those in the slow lane do not count."""
        return len(self._again) - self.slow < self._most_again

    def begin(self, source: bytes, path: bytes, *, is_again: bool) -> None:
        """Hand a file to a child.

        Parameters
        ----------
        source, path : bytes
            Below the inbox, and absolute.
        is_again : bool
            True for one that changed since it was met.
        """
        if is_again:
            self._again.add(source)
        self._pool.examine(path).add_done_callback(lambda done: self._end(source, done))

    def take(self) -> Iterator[tuple[bytes, "Future[Examined]"]]:
        """Yield those that ended, in their order.

        Yields
        ------
        tuple of (bytes, Future of Examined)
            The path below the inbox; cancelled if the daemon ends.
        """
        while self._ended:
            source, future = self._ended.popleft()
            self._again.discard(source)
            yield source, future

    def _end(self, source: bytes, future: "Future[Examined]") -> None:
        self._ended.append((source, future))
        self._wake()
