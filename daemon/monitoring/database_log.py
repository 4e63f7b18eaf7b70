"""How large the log of an SQLite database is: one program that reads for long lets it grow (fault 70)."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import structlog

from storage.urls import is_sqlite, sqlite_path

LARGE_BYTES: Final = 64 << 20
"""Left to itself, SQLite keeps it at a few megabytes, and a large one is cut back."""
REMEDY: Final = (
    "a program has had the SQLite database open for reading for long: `fuser -v` on the file that ends in "
    "-shm names it; end it, and the log is written back"
)
_WARN_EVERY_S: Final = 3600.0

_log = structlog.get_logger()


class DatabaseLog:
    """Look at the log of the results database.

    Parameters
    ----------
    url : str
        Of a server: it has no log of ours.
    large_bytes : int
        From this size on it is warned of, once an hour.
    clock : callable
        Monotonic seconds.
    """

    def __init__(
        self, url: str, large_bytes: int = LARGE_BYTES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._path = None
        if is_sqlite(url):
            database = sqlite_path(url)
            self._path = database.with_name(f"{database.name}-wal")
        self._large_bytes = large_bytes
        self._clock = clock
        self._next_warning = float("-inf")

    def size(self) -> int:
        """Return its size in bytes, and warn if it is large.

        Returns
        -------
        int
            0 where there is none.
        """
        size = 0
        if self._path is not None:
            with suppress(OSError):
                size = self._path.stat().st_size
        if size >= self._large_bytes and self._clock() >= self._next_warning:
            self._next_warning = self._clock() + _WARN_EVERY_S
            _log.warning("database_log_large", bytes=size, remedy=REMEDY)
        return size
