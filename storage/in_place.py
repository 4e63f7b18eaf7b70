"""Whether an SQLite file and its log are still those that a process began with (faults 56 and 67).

SQLite does not look: it goes on to write to files without a name, and puts its log over whatever the file
holds by now, and says that all is well.
"""

import fcntl
import os
import struct
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from storage.errors import DatabaseReplaced
from storage.stale_log import ASIDE, HEADER_BYTES, set_aside, version_in

_CHANGE_COUNTER: Final = 24  # of four bytes
_SHARED_LOCK: Final = (0x4000_0002, 510)  # where it begins, and its bytes

_Identity = tuple[int, int]


class InPlace:
    """What is known of the files of one engine; to be shared by its connections.

    Parameters
    ----------
    database : Path
        It is there.
    readonly : bool
        True where no connection writes: then only the name of the file is looked at.

    Notes
    -----
    What is written is looked at by one descriptor of the database that lives as long as any connection of the
    engine. To close one frees the locks of all connections of the process, so engines that come and go, which
    only read, have none.

    References
    ----------
    https://www.sqlite.org/fileformat.html#the_database_header, https://www.sqlite.org/howtocorrupt.html,
    fcntl_locking(2) "Open file description locks".
    """

    def __init__(self, database: Path, *, readonly: bool) -> None:
        self._database = database
        self._readonly = readonly
        self._log = database.with_name(f"{database.name}-wal")
        self._index = database.with_name(f"{database.name}-shm")
        self._lock = threading.Lock()
        self._known: dict[Path, _Identity] = {}
        self._newest = (0, 0)
        self._connections = 0
        self._descriptor = -1
        self._is_written_over = False

    def opened(self) -> None:
        """Take note of a connection that was opened."""
        with self._lock:
            self._connections += 1
            if self._connections > 1:
                return
            self._known.setdefault(self._database, _identity_of(self._database.stat()))
            if not self._readonly:
                self._descriptor = os.open(self._database, os.O_RDONLY | os.O_CLOEXEC)

    def closed(self) -> None:
        """Take note of a connection that was closed; with the last one SQLite itself removes the log."""
        with self._lock:
            self._connections -= 1
            if self._connections or self._is_written_over or self._readonly:
                return
            os.close(self._descriptor)
            for side_file in (self._log, self._index):
                self._known.pop(side_file, None)

    def check(self, *, with_log: bool) -> None:
        """Pass if the files are those of the first look.

        Parameters
        ----------
        with_log : bool
            True if a transaction has opened the log.

        Raises
        ------
        DatabaseReplaced
            One was removed or replaced, or the database holds an older state than it did.
        """
        with self._lock:
            self._check_file(self._database)
            if not self._readonly:
                self._check_header()
            for path in (self._log, self._index) if with_log else ():
                self._check_file(path)

    def _check_file(self, path: Path) -> None:
        now = _identity(path)
        known = self._known.setdefault(path, now) if now else self._known.get(path)
        if known != now:
            what = "SQLite database" if path == self._database else "log of the SQLite database"
            raise DatabaseReplaced(
                f"the {what} at {path} was removed or replaced while it was used. Start again, then "
                "compare rows with files: inboxray db check"
            )

    def _check_header(self) -> None:
        """Compare the counters of the file itself, which only grow, whatever its log holds."""
        if (state := self._state()) >= self._newest:
            self._newest = state
            return
        self._set_log_aside()
        raise DatabaseReplaced(
            f"the SQLite database at {self._database} was written over while it was used, as if by an older "
            f"copy. Its log belongs to what was there before, and is {self._log.name}{ASIDE} now. Start "
            "again, then have files without a row answered again: inboxray db check --requeue-orphans"
        )

    def _state(self) -> tuple[int, int]:
        header = os.pread(self._descriptor, HEADER_BYTES, 0)
        if len(header) < HEADER_BYTES:
            return (0, 0)
        (changes,) = struct.unpack_from(">I", header, _CHANGE_COUNTER)
        return version_in(header), changes

    def _set_log_aside(self) -> None:
        """Keep SQLite from putting the log over a file that it does not belong to, now and at the next start.

        While something else holds a lock on the file, as we do then, the last connection to be closed leaves
        the log alone.
        """
        if self._is_written_over:
            return
        self._is_written_over = True  # and the descriptor stays, with its lock, until the process ends
        begin, length = _SHARED_LOCK
        with suppress(OSError):
            lock = struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, begin, length, 0)
            fcntl.fcntl(self._descriptor, fcntl.F_OFD_SETLK, lock)
        with suppress(OSError):
            set_aside(self._log)


def _identity(path: Path) -> _Identity | None:
    try:
        return _identity_of(path.stat())
    except OSError:
        return None


def _identity_of(status: os.stat_result) -> _Identity:
    return status.st_dev, status.st_ino
