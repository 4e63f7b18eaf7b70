"""Where the files of a batch will lie: chosen before their rows are written, and never twice."""

import os
from collections.abc import Iterable
from datetime import date

from daemon.spool.folders import Spool
from daemon.spool.names import MAX_NAME_BYTES, REASON_SUFFIX, fit_name
from storage.vocabulary import FAILED

_MAX_PATH_BYTES = 4095  # PATH_MAX of Linux without the byte that ends it
_MARK_BYTES = 13  # that a name which is taken is longer by
_BESIDE_BYTES = 55  # that the path of its reason file is longer by while that is written


class Destinations:
    """Choose where the files of one batch will lie; two of a batch never get the same place.

    Parameters
    ----------
    spool : Spool
    day : date
        The UTC day.
    """

    def __init__(self, spool: Spool, day: date) -> None:
        self.day = day
        self._root = os.fsencode(spool.root)
        self._folder = day.isoformat().encode()
        self._reserved: set[bytes] = set()
        self._folders: set[bytes] = set()

    def wanted(self, source: bytes, outcome: str) -> bytes:
        """Return the path below the spool that a file gets if it is free and short enough.

        Parameters
        ----------
        source : bytes
        outcome : str

        Returns
        -------
        bytes
        """
        return os.path.join(b"failed" if outcome == FAILED else b"done", self._folder, source)

    def reserve(self, paths: Iterable[bytes]) -> None:
        """Keep paths that rows name, and their reasons': the files may wait, or be in the inbox again.

        Parameters
        ----------
        paths : iterable of bytes
        """
        for path in paths:
            self._reserved |= {path, path + REASON_SUFFIX.encode()}
            folder = os.path.dirname(path)
            while folder and folder not in self._folders:
                self._folders.add(folder)
                folder = os.path.dirname(folder)

    def choose(self, source: bytes, scan_id: str, outcome: str) -> bytes:
        """Choose a path that stands nowhere yet.

        Parameters
        ----------
        source : bytes
            The path to keep, as far as it is free and short enough.
        scan_id : str
        outcome : str

        Returns
        -------
        bytes
            Path below the spool: ``done/2026-11-23/a.dcm`` or ``failed/2026-11-23/a.dcm``.
        """
        longest = MAX_NAME_BYTES - len(REASON_SUFFIX) if outcome == FAILED else MAX_NAME_BYTES
        wanted = self.wanted(source, outcome)
        base, name = os.path.split(wanted)
        is_blocked = self._blocked(base)
        taken = self._is_taken(wanted)
        if outcome == FAILED:
            taken = taken or self._is_taken(wanted + REASON_SUFFIX.encode())
        if is_blocked or self._is_too_long(wanted, outcome):
            # a file stands where a folder of this path would be, or what lies beside it could not be opened
            base, taken = os.path.dirname(self.wanted(b"", outcome)), True
        path = os.path.join(base, fit_name(name, scan_id, max_bytes=longest, taken=taken))
        self.reserve([path])
        return path

    def _is_taken(self, path: bytes) -> bool:
        if path in self._reserved or path in self._folders:
            return True
        return os.path.lexists(os.path.join(self._root, path))

    def _is_too_long(self, path: bytes, outcome: str) -> bool:
        beside = _BESIDE_BYTES if outcome == FAILED else 0
        return len(self._root) + 1 + len(path) + _MARK_BYTES + beside > _MAX_PATH_BYTES

    def _blocked(self, base: bytes) -> bool:
        while base:
            whole = os.path.join(self._root, base)
            if base in self._reserved or (os.path.lexists(whole) and not os.path.isdir(whole)):
                return True
            base = os.path.dirname(base)
        return False
