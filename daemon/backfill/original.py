"""A file of an archive: it is answered where it lies, and is never moved, renamed or deleted."""

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Final

from daemon.spool.claim import Claim, Origin
from daemon.spool.file_state import Look

_MOST_MS: Final = (1 << 48) - 1
_NOWHERE: Final = Path(os.devnull)
_EPOCH: Final = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class Entry:
    """One line of a plan: a file that is to be answered.

    Parameters
    ----------
    path : bytes
        Where it lies, absolute.
    source : bytes
        What its row will say as its name: the path below the folder that was given, or the old row's.
    requeued_from : str or None
        The scan whose answer is to be replaced by one of this release; None: a file of an archive.
    """

    path: bytes
    source: bytes
    requeued_from: str | None = None

    @property
    def origin(self) -> Origin:
        """What the file was before."""
        return Origin(requeued_from=self.requeued_from)


@dataclass(frozen=True)
class Original(Claim):
    """A file that is answered in its place; its identity is its own, so that it has one row, ever.

    Parameters
    ----------
    scan_id, folder, source, origin
        As of `Claim`; there is no folder.
    place : bytes
        Where it lies, absolute.
    seen_at : datetime
        When it was looked at, UTC: the row's `received_at`.
    """

    place: bytes = b""
    seen_at: datetime = _EPOCH

    @cached_property
    def path(self) -> bytes:
        """Where the file lies."""
        return self.place

    @property
    def received_at(self) -> datetime:
        """When it was looked at; its id says when the file was written."""
        return self.seen_at

    @classmethod
    def of(cls, entry: Entry, look: Look, release: str, seen_at: datetime) -> "Original":
        """Make one.

        Parameters
        ----------
        entry : Entry
        look : Look
            Of the file, now.
        release : str
            sha256 of the release that answers.
        seen_at : datetime

        Returns
        -------
        Original
        """
        scan_id = identity(entry, look, release)
        return cls(scan_id, _NOWHERE, entry.source, entry.origin, entry.path, seen_at)


def identity(entry: Entry, look: Look, release: str) -> str:
    """Return the scan id of a file: the same whenever it is met, so that what has a row gets no second one.

    Of a file of an archive it hangs on path, size and time of the last change; of an answer that is to be
    replaced, on that and on the release. It begins with the time of the file's last change, as UUIDs of
    version 7 begin with a time: rows that are written one after the other are neighbours in the index.

    Parameters
    ----------
    entry : Entry
    look : Look
    release : str

    Returns
    -------
    str

    References
    ----------
    RFC 9562 5.8, UUID version 8.
    """
    if entry.requeued_from is None:
        known = b"%b\0%d\0%d" % (entry.path, look.size, look.mtime_ns)
    else:
        known = b"%b\0%b" % (entry.requeued_from.encode(), release.encode())
    drawn = int.from_bytes(hashlib.sha256(known).digest()[:10])
    milliseconds = min(max(look.mtime_ns // 1_000_000, 0), _MOST_MS)
    number = milliseconds << 80 | drawn
    number = number & ~(0xF << 76) | 8 << 76
    number = number & ~(0x3 << 62) | 2 << 62
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
