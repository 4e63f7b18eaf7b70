"""What a file of the inbox was before: a scan that is done again, or a canary.

A note under the file's inode says so while it lies in the inbox; a line in the claim's note afterwards.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Final

from daemon.spool.claim import NOTE_SUFFIX, Claim, note_lines
from daemon.spool.folders import PRIVATE_MODE, Spool
from durable.replace import Synced, replace_file

CANARY: Final = "canary"  # in place of the scan that a file was
_REQUEUED: Final = "requeued_from "


def with_origin(claim: Claim, origin: str | None) -> Claim:
    """Give the claim of a file that was what `take_note` or `origin_of` says."""
    if origin == CANARY:
        return replace(claim, is_canary=True)
    return replace(claim, requeued_from=origin)


def take_note(spool: Spool, path: bytes, scan_id: str) -> str | None:
    """Move what the inbox's note says of a file that was just claimed into the claim's own note.

    Parameters
    ----------
    spool : Spool
    path : bytes
        Where the file lies now.
    scan_id : str
        Of its claim.

    Returns
    -------
    str or None
        The scan that it was, or `CANARY`; None for a new file.
    """
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


def origin_of(spool: Spool, claim: Claim) -> str | None:
    """Ask the claim's note, and the requeue's own: a crash may have come between the two."""
    for line in note_lines(claim.note):
        if line.startswith(_REQUEUED):
            return line.removeprefix(_REQUEUED).strip()
    return take_note(spool, claim.path, claim.scan_id)


def write_note(note: Path, text: str) -> None:
    """Say, under the inode's number, what the file was or is; the daemon reads it when it claims the file."""
    note.parent.mkdir(mode=PRIVATE_MODE, exist_ok=True)
    replace_file(note, text.encode("ascii"), Synced.CONTENT_AND_NAME, mode=0o600)


def origins_in_inbox(spool: Spool) -> set[str]:
    """Name the scans whose files were requeued and still lie in the inbox."""
    inodes = set(_inodes(spool.inbox))
    notes = spool.requeued.iterdir() if spool.requeued.is_dir() else ()
    return {_words(note)[0] for note in notes if note.name in inodes and _words(note)}


def _inodes(folder: Path) -> Iterator[str]:
    """Yield the inodes of files below a folder without a look at the files, which may go at any time."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from _inodes(Path(entry.path))
                else:
                    yield str(entry.inode())
    except (FileNotFoundError, PermissionError):  # nothing in a folder that we may not enter is ours
        return


def origins_in_claims(spool: Spool) -> set[str]:
    """Name the scans whose files were requeued and are being answered."""
    notes = spool.claimed.glob(f"*{NOTE_SUFFIX}")
    words = [_words(note) for note in notes]
    return {after for note in words for word, after in pairwise(note) if word == "requeued_from"}


def _words(note: Path) -> list[str]:
    try:
        return note.read_text("ascii", errors="replace").split()
    except FileNotFoundError:  # taken by the daemon meanwhile
        return []
