"""Files in their last place are looked at for a while: their writer may go on writing there.

A program that has a file open can write to it wherever it is renamed to. What it holds then was not answered
(fault 75).
"""

import hashlib
import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import structlog

from daemon.spool.file_state import Look, look_at
from daemon.spool.folders import Spool
from daemon.spool.names import decode_name
from daemon.spool.requeue import Answered
from storage.records import ScanRecord

_MOST: Final = 2000  # 1 kB each
_EVERY_S: Final = 10.0

_log = structlog.get_logger()


@dataclass(slots=True)
class _Stored:
    scan: Answered
    sha256: str
    look: Look
    until: float
    changed: Look | None = None


class StoredFiles:
    """Look again at files that were put away.

    Parameters
    ----------
    spool : Spool
    look_for_s : float
        How long each is looked at, seconds; of very many files, the latest.
    clock : callable
        Monotonic seconds.
    """

    def __init__(self, spool: Spool, look_for_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._root = os.fsencode(spool.root)
        self._look_for_s = look_for_s
        self._clock = clock
        self._next = 0.0
        self._stored: deque[_Stored] = deque(maxlen=_MOST)

    def add(self, read: Iterable[tuple[Look | None, ScanRecord]]) -> None:
        """Begin to look at files.

        Parameters
        ----------
        read : iterable of (Look or None, ScanRecord)
            What each was when its bytes were read, and its row.
        """
        until = self._clock() + self._look_for_s
        for look, row in read:
            if look is not None and row.sha256 is not None and row.stored_path:
                scan = Answered(row.scan_id, row.source_name, row.stored_path)
                self._stored.append(_Stored(scan, row.sha256, look, until))

    def rewritten(self) -> list[Answered]:
        """Look at all of them, and return those that hold other bytes than were answered and are quiet.

        Each is returned once. One whose times alone changed is none of them: senders set those late.

        Returns
        -------
        list of Answered
        """
        now = self._clock()
        if now < self._next:
            return []
        self._next = now + _EVERY_S
        kept, found = [], []
        for stored in self._stored:
            is_rewritten = self._is_rewritten(stored)
            if is_rewritten:
                found.append(stored.scan)
            elif is_rewritten is False and (stored.changed is not None or now < stored.until):
                kept.append(stored)
        self._stored = deque(kept, maxlen=_MOST)
        return found

    def _is_rewritten(self, stored: _Stored) -> bool | None:
        """Return whether a file is to be answered again; None if it is not to be looked at any more."""
        path = os.path.join(self._root, decode_name(stored.scan.stored_path))
        try:
            look = look_at(path)
            if look is None or not look.same_file(stored.look):
                return None
            if look.same_content(stored.look):
                return False
            if stored.changed is None or not look.same_content(stored.changed):
                stored.changed = look
                return False
            if self._sha256(path) != stored.sha256:
                _log.warning("stored_file_changed", scan_id=stored.scan.scan_id, remedy="requeue")
                return True
        except OSError:  # it was removed or requeued, or may not be read
            return None
        stored.look, stored.changed = look, None  # its times alone are others
        return False

    def _sha256(self, path: bytes) -> str:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
