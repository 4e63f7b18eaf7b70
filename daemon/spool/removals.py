"""What retention took away: a note in each day's folder, so that a row without its file is no riddle.

A line is a stored path, percent-encoded as in the row.
"""

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from daemon.spool.folders import Spool

NOTE_NAME = ".removed"
_TOLERATED = timedelta(hours=1)
_LEAST_AGE = timedelta(days=2)


def note_removal(folder: Path, paths: Iterable[str]) -> None:
    """Write, and sync, that files of a day's folder go.

    Parameters
    ----------
    folder : Path
        ``done/YYYY-MM-DD`` or ``failed/YYYY-MM-DD``.
    paths : iterable of str
        Stored paths, as in their rows.

    Raises
    ------
    OSError
        The disk refused; a line may be cut short.
    """
    descriptor = os.open(folder / NOTE_NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as note:
        # The break comes first, so that a line that was cut short does not spoil the next.
        note.write("".join(f"\n{path}" for path in paths))
        note.flush()
        os.fsync(descriptor)


def removed_paths(spool: Spool, now: datetime) -> Iterator[tuple[str, bool]]:
    """Yield the stored paths of files that retention took away, or was about to.

    Parameters
    ----------
    spool : Spool
    now : datetime
        Aware.

    Yields
    ------
    tuple of (str, bool)
        The path; and True if the clock was wrong when it went: the note is of a time that has not come yet,
        or of the day of the files or the next, when retention never takes any.
    """
    for folder in (spool.done, spool.failed):
        for note in sorted(folder.glob(f"*/{NOTE_NAME}")):
            written = datetime.fromtimestamp(note.stat().st_mtime, UTC)
            # A line that holds other bytes than ours was cut short, or is not ours: it matches no row.
            for path in note.read_text(encoding="utf-8", errors="replace").splitlines():
                yield path, written > now + _TOLERATED or _is_too_early(note.parent.name, written)


def _is_too_early(day: str, written: datetime) -> bool:
    try:
        return written.date() - date.fromisoformat(day) < _LEAST_AGE
    except ValueError:
        return False  # a folder that is no day is not one that retention enters
