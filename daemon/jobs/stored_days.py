"""The folders of days in ``done/`` and ``failed/``, and the files that are stored in them."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from daemon.spool.folders import Spool
from daemon.spool.names import REASON_SUFFIX
from daemon.spool.removals import NOTE_NAME
from storage.durable.replace import is_unfinished


@dataclass(frozen=True, slots=True, order=True)
class Day:
    """One day's folder of ``done/`` or ``failed/``.

    Parameters
    ----------
    date : date
        UTC.
    path : Path
    """

    date: date
    path: Path

    @property
    def name(self) -> str:
        """Below the spool, such as ``done/2026-11-23``."""
        return f"{self.path.parent.name}/{self.path.name}"


def days(folder: Path) -> list[Day]:
    """List the folders of days in ``done/`` or ``failed/``; anything else there is left alone.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    list of Day
        The oldest first.
    """
    found = []
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(ValueError):
                day = date.fromisoformat(entry.name)
                if entry.is_dir(follow_symlinks=False) and day.isoformat() == entry.name:
                    found.append(Day(day, Path(entry.path)))
    return sorted(found)


def newest_day(spool: Spool) -> date | None:
    """Return the newest day of which files are stored.

    Parameters
    ----------
    spool : Spool

    Returns
    -------
    date or None
        None if there are none.
    """
    return max((day.date for day in days(spool.done) + days(spool.failed)), default=None)


def stored_files(folder: Path) -> Iterator[tuple[bytes, int]]:
    """Yield the stored files below a folder; no link is followed, and no note is a file.

    Parameters
    ----------
    folder : Path

    Yields
    ------
    tuple of (bytes, int)
        Path, and size in bytes.
    """
    for parent, _, names in os.walk(os.fsencode(folder)):
        for name in sorted(names):
            ours = name == NOTE_NAME.encode() or name.endswith(REASON_SUFFIX.encode())
            if ours or is_unfinished(name):
                continue
            path = os.path.join(parent, name)
            with suppress(FileNotFoundError):
                yield path, os.lstat(path).st_size
