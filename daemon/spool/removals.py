"""What retention took away: a note in each day's folder, so that a row without its file is no riddle.

A line is a stored path, percent-encoded as in the row.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from daemon.spool.folders import Spool

NOTE_NAME = ".removed"


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


def removed_paths(spool: Spool) -> Iterator[str]:
    """Yield the stored paths of files that retention took away, or was about to.

    Parameters
    ----------
    spool : Spool

    Yields
    ------
    str
    """
    for folder in (spool.done, spool.failed):
        for note in sorted(folder.glob(f"*/{NOTE_NAME}")):
            yield from note.read_text(encoding="utf-8").splitlines()
