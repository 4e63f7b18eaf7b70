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
    """

    def __init__(self, pool: DecoderPool, wake: Callable[[], None]) -> None:
        self._pool = pool
        self._wake = wake
        self._ended: deque[tuple[bytes, Future[Examined]]] = deque()

    @property
    def slow(self) -> int:
        """How many take so long that they went to the slow lane."""
        return self._pool.slow_examinations

    def begin(self, source: bytes, path: bytes) -> None:
        """Hand a file to a child.

        Parameters
        ----------
        source, path : bytes
            Below the inbox, and absolute.
        """
        self._pool.examine(path).add_done_callback(lambda done: self._end(source, done))

    def take(self) -> Iterator[tuple[bytes, "Future[Examined]"]]:
        """Yield those that ended, in their order.

        Yields
        ------
        tuple of (bytes, Future of Examined)
            The path below the inbox; cancelled if the daemon ends.
        """
        while self._ended:
            yield self._ended.popleft()

    def _end(self, source: bytes, future: "Future[Examined]") -> None:
        self._ended.append((source, future))
        self._wake()
