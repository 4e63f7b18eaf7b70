"""The notes that say what a file was before it came into the inbox: one format, written and read here alone.

While the file lies in the inbox it is ``.requeued/<inode>``: ``<origin> <size> <mtime_ns>``. From the claim
on it is a line of the claim's own note: ``requeued_from <origin>``.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from daemon.spool.claim import ARRIVAL, NOTE_SUFFIX, Claim, Origin, note_lines
from daemon.spool.folders import PRIVATE_MODE, Spool
from storage.durable.replace import Synced, replace_file

_CLAIM_LINE: Final = "requeued_from "


@dataclass(frozen=True, slots=True)
class InboxNote:
    """The note of a file that lies in the inbox, or is about to be put there.

    Parameters
    ----------
    path : Path
    origin : Origin
    size, mtime_ns : int
        Of the file: an inode may belong to another one by the time that the note is read.
    """

    path: Path
    origin: Origin
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, spool: Spool, status: os.stat_result, origin: Origin) -> "InboxNote":
        """Make the note of a file with this stat(2).

        Parameters
        ----------
        spool : Spool
        status : os.stat_result
        origin : Origin

        Returns
        -------
        InboxNote
        """
        return cls(_note_path(spool, status), origin, status.st_size, status.st_mtime_ns)

    def write(self) -> None:
        """Write it, and sync it: it must be there before the file is.

        Raises
        ------
        OSError
            The disk refuses, or the spool may not be written.
        """
        self.path.parent.mkdir(mode=PRIVATE_MODE, exist_ok=True)
        content = f"{self.origin.text} {self.size} {self.mtime_ns}\n".encode("ascii")
        replace_file(self.path, content, Synced.CONTENT_AND_NAME, mode=0o600)

    def remove(self) -> None:
        """Take it back: the file did not move."""
        self.path.unlink(missing_ok=True)


def take_origin(spool: Spool, claim: Claim) -> Origin:
    """Move what the inbox's note says of a file that was just claimed into the claim's own note.

    Parameters
    ----------
    spool : Spool
    claim : Claim

    Returns
    -------
    Origin
        `ARRIVAL` if there is no note, or if it is about another file.
    """
    try:
        status = os.lstat(claim.path)
        note = _read_inbox_note(_note_path(spool, status))
    except (OSError, ValueError):
        return ARRIVAL
    is_same = (note.size, note.mtime_ns) == (status.st_size, status.st_mtime_ns)
    with suppress(OSError):  # the file is ours by now: a full disk must not lose that
        if is_same:
            with claim.note.open("a", encoding="ascii") as lines:
                lines.write(f"{_CLAIM_LINE}{note.origin.text}\n")
        note.remove()
    return note.origin if is_same else ARRIVAL  # else the inode belongs to another file by now


def is_noted(spool: Spool, path: bytes) -> bool:
    """Return whether a note says of a file in the inbox what it was before.

    Parameters
    ----------
    spool : Spool
    path : bytes

    Returns
    -------
    bool
    """
    try:
        status = os.lstat(path)
        note = _read_inbox_note(_note_path(spool, status))
    except (OSError, ValueError):
        return False
    return (note.size, note.mtime_ns) == (status.st_size, status.st_mtime_ns)


def find_origin(spool: Spool, claim: Claim) -> Origin:
    """Return the origin of a file that an earlier daemon claimed; parameters are those of `take_origin`.

    The claim's note is asked first, then the inbox's: a crash may have come between the two.

    Parameters
    ----------
    spool : Spool
    claim : Claim

    Returns
    -------
    Origin
    """
    return next(_noted_in(claim.note), None) or take_origin(spool, claim)


def origins_in_inbox(spool: Spool) -> set[Origin]:
    """Return the origins of files that lie in the inbox.

    Parameters
    ----------
    spool : Spool

    Returns
    -------
    set of Origin
    """
    inodes = set(_inodes(spool.inbox))
    found = set()
    for path in spool.requeued.iterdir() if spool.requeued.is_dir() else ():
        with suppress(FileNotFoundError, ValueError):  # taken by the daemon meanwhile; no note of ours
            if path.name in inodes:
                found.add(_read_inbox_note(path).origin)
    return found


def origins_in_claims(spool: Spool) -> set[Origin]:
    """Return the origins of files that are claimed.

    Parameters
    ----------
    spool : Spool

    Returns
    -------
    set of Origin
    """
    return {origin for note in spool.claimed.glob(f"*{NOTE_SUFFIX}") for origin in _noted_in(note)}


def _note_path(spool: Spool, status: os.stat_result) -> Path:
    return spool.requeued / str(status.st_ino)


def _read_inbox_note(path: Path) -> InboxNote:
    """Read a note; raises OSError if there is none, ValueError if it is not whole."""
    text, size, mtime_ns = path.read_text("ascii").split()
    return InboxNote(path, Origin.of_text(text), int(size), int(mtime_ns))


def _noted_in(claim_note: Path) -> Iterator[Origin]:
    for line in note_lines(claim_note):
        if line.startswith(_CLAIM_LINE):
            yield Origin.of_text(line.removeprefix(_CLAIM_LINE).strip())


def _inodes(folder: Path) -> Iterator[str]:
    """Yield the inodes of files below a folder without a look at the files, which may go at any time."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from _inodes(Path(entry.path))
                else:
                    yield str(entry.inode())
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        # It went, or something else has its name; and nothing in a folder that we may not enter is ours.
        return
