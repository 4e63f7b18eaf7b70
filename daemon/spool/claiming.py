"""A claim: one rename out of the inbox, and the note of how often it was tried.

``claimed/<scan_id>/<path as it was below inbox>`` is the file; ``claimed/<scan_id>.note`` is a line an event,
appended, so that a daemon that dies over a file finds at the next start that it did (fault 53).
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import uuid_utils

from daemon.spool.folders import PRIVATE_MODE, PROBE_PREFIX, Spool
from daemon.spool.rename import folder_below, rename_into_inbox

_BLAME = 3
"""For an attempt that ended with the daemon before a child had answered; 1 for one that ended later."""

MAX_BLAME = 3 * _BLAME
"""A file that is found with so much is not opened again: three daemons died while a child had it."""
NOTE_SUFFIX = ".note"
_ATTEMPT = "attempt\n"
_ANSWERED = "answered\n"
_WITHDRAWN = "withdrawn\n"
_REQUEUED = "requeued_from "
CANARY = "canary"  # in place of the scan that a file was
_SCAN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Claim:
    """A file that is ours to answer.

    Parameters
    ----------
    scan_id : str
        UUIDv7; its time is when the file was claimed.
    folder : Path
        ``claimed/<scan_id>``.
    source : bytes
        Path below the inbox, as it was.
    requeued_from : str or None
        The scan that this file was, if somebody put it back.
    is_canary : bool
        True if the daemon dropped it itself; see `daemon.checks.canary`.
    """

    scan_id: str
    folder: Path
    source: bytes
    requeued_from: str | None = None
    is_canary: bool = False

    @property
    def path(self) -> bytes:
        """Where the file lies now."""
        return os.path.join(os.fsencode(self.folder), self.source)

    @property
    def note(self) -> Path:
        """The note beside the folder."""
        return self.folder.with_name(self.folder.name + NOTE_SUFFIX)

    @property
    def received_at(self) -> datetime:
        """When the file was claimed, UTC, to the millisecond, read from the scan's id."""
        milliseconds = int(self.scan_id.replace("-", "")[:12], 16)
        return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)


def claim_file(spool: Spool, source: bytes) -> Claim:
    """Take a file out of the inbox.

    Parameters
    ----------
    spool : Spool
    source : bytes
        Path below the inbox.

    Raises
    ------
    OSError
        The file is gone, may not be renamed, or the disk refuses. Nothing is left behind.
    """
    scan_id = str(uuid_utils.uuid7())
    folder = spool.claimed / scan_id
    target = os.path.join(os.fsencode(folder), source)
    try:
        os.makedirs(os.path.dirname(target), mode=PRIVATE_MODE)
        with folder_below(spool.inbox, source) as parent:
            os.rename(os.path.basename(source), target, src_dir_fd=parent)
    except OSError:
        if not os.path.lexists(target):  # NFS may say no to a rename that it did
            with suppress(OSError):
                _remove_folders(folder)
            raise
    return _with_origin(Claim(scan_id, folder, source), _take_requeue_note(spool, target, scan_id))


def _with_origin(claim: Claim, origin: str | None) -> Claim:
    if origin == CANARY:
        return replace(claim, is_canary=True)
    return replace(claim, requeued_from=origin)


def _take_requeue_note(spool: Spool, path: bytes, scan_id: str) -> str | None:
    try:
        status = os.lstat(path)
        note = spool.requeued / str(status.st_ino)
        former, *was = note.read_text("ascii").split()
        same = [int(number) for number in was] == [status.st_size, status.st_mtime_ns]
    except (OSError, ValueError):
        return None
    with suppress(OSError):  # the file is ours by now: a full disk must not make anybody forget that
        if same:
            with (spool.claimed / f"{scan_id}{NOTE_SUFFIX}").open("a", encoding="ascii") as lines:
                lines.write(f"{_REQUEUED}{former}\n")
        note.unlink()
    return former if same else None  # else the inode belongs to another file by now


def note_attempt(claim: Claim) -> None:
    """Write down that the file is about to be opened."""
    with claim.note.open("a", encoding="ascii") as lines:
        lines.write(_ATTEMPT)


def note_answer(claim: Claim) -> None:
    """Write down that a child has answered: what ends the daemon from now on is hardly this file.

    A note that cannot be written is none: the file is blamed a little more, should the daemon end now.
    """
    with suppress(OSError), claim.note.open("a", encoding="ascii") as lines:
        lines.write(_ANSWERED)


def note_withdrawal(claim: Claim) -> None:
    """Write down that the daemon ended in good order before the file had its row: no fault of the file.

    A claim that has gone meanwhile gets no note; see `note_answer` for one that cannot be written.
    """
    with suppress(OSError), claim.note.open("r+", encoding="ascii") as lines:
        lines.seek(0, os.SEEK_END)
        lines.write(_WITHDRAWN)


def attempts(claim: Claim) -> int:
    """Count how often the file was about to be opened."""
    return _note_lines(claim.note).count(_ATTEMPT)


def blame(claim: Claim) -> int:
    """Tell how much speaks for it that the file ends its daemons; see `MAX_BLAME`.

    Power cuts and kills hit the innocent too, and at each start the same files come first: so an attempt
    counts in full only where the child that had the file never answered, and not at all where the daemon
    ended in good order.
    """
    whole = latest = 0
    for line in _note_lines(claim.note):
        if line == _ATTEMPT:
            whole, latest = whole + latest, _BLAME
        elif line in {_ANSWERED, _WITHDRAWN}:
            latest = min(latest, line == _ANSWERED)
    return whole + latest


def may_be_last(claim: Claim) -> bool:
    """Tell whether the file is not opened again if the daemon ends in the next attempt."""
    return blame(claim) + _BLAME >= MAX_BLAME


def _note_lines(note: Path) -> list[str]:
    try:
        with note.open(encoding="ascii", errors="replace") as lines:
            return lines.readlines()
    except FileNotFoundError:
        return []


def find_claims(spool: Spool) -> Iterator[Claim]:
    """Yield what an earlier daemon left in ``claimed/``; folders without a file are removed.

    Only one daemon holds the spool, so nobody else works in there; what somebody put there is left alone.
    """
    for entry in sorted(os.scandir(spool.claimed), key=lambda entry: entry.name):
        folder = Path(entry.path)
        if not entry.is_dir(follow_symlinks=False):
            lone_note = folder.suffix == NOTE_SUFFIX and not folder.with_suffix("").is_dir()
            if lone_note or entry.name.startswith(PROBE_PREFIX):
                folder.unlink(missing_ok=True)  # the note may have gone with its empty folder just now
        elif _SCAN_ID.fullmatch(entry.name):
            source = _only_file(os.fsencode(folder))
            if source is None:
                release(Claim(entry.name, folder, b""))
            else:
                claim = Claim(entry.name, folder, source)
                yield _with_origin(claim, _requeued_from(spool, claim))


def _requeued_from(spool: Spool, claim: Claim) -> str | None:
    """Ask the claim's note, and the requeue's own: a crash may have come between the two."""
    for line in _note_lines(claim.note):
        if line.startswith(_REQUEUED):
            return line.removeprefix(_REQUEUED).strip()
    return _take_requeue_note(spool, claim.path, claim.scan_id)


def _only_file(folder: bytes) -> bytes | None:
    for parent, folders, names in os.walk(folder):
        for name in (*names, *folders):
            path = os.path.join(parent, name)
            if name in names or os.path.islink(path):
                return os.path.relpath(path, folder)
    return None


def release(claim: Claim) -> None:
    """Remove the folders of a claim whose file has moved on, and its note.

    Raises
    ------
    OSError
        The file is still there: nothing but empty folders is ever removed.
    """
    _remove_folders(claim.folder)
    claim.note.unlink(missing_ok=True)


def _remove_folders(folder: Path) -> None:
    for parent, _, _ in os.walk(folder, topdown=False):
        os.rmdir(parent)


def return_to_inbox(spool: Spool, claim: Claim, announce: Callable[[bytes], None]) -> None:
    """Put a file that changed after its claim back to its place; it will be a new arrival.

    Parameters
    ----------
    spool : Spool
    claim : Claim
    announce : callable
        Called before the rename with the path below the inbox that the file gets: another name where its own
        was taken meanwhile.

    Raises
    ------
    OSError
        It cannot be put back; it stays claimed.
    """
    if claim.is_canary:  # it would lose its mark: the next one tells
        os.unlink(claim.path)
    else:
        rename_into_inbox(spool.inbox, claim.path, claim.source, claim.scan_id, announce)
    release(claim)
