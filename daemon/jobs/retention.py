"""How long files stay: so many days, and no longer than the disk has room.

Rows stay for ever. A file is removed only if a committed row names it; one that no row names may be lost
data, and stays (`inboxray db check` lists it). Each removal is logged before it begins, and nothing goes that
the daemon had not in its sight for a full day of running, whatever the wall clock says (fault 57).
"""

import math
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import structlog

from daemon.jobs.notices import Notices
from daemon.pauses import DISK_ERRORS
from daemon.spool.folders import Spool
from daemon.spool.names import REASON_SUFFIX, encode_name
from daemon.spool.removals import NOTE_NAME, note_removal
from storage.durable.replace import is_unfinished

Recorded = Callable[[AbstractSet[str]], AbstractSet[str]]

_CHUNK = 100
_NEWEST_KEPT = timedelta(days=1)  # today's files and yesterday's never go for want of room

_log = structlog.get_logger()


@dataclass(slots=True)
class Tally:
    """What was removed, and what was not.

    Parameters
    ----------
    files, size : int
        Removed, and their bytes.
    without_row : int
        Files that stay because no row names them.
    """

    files: int = 0
    size: int = 0
    without_row: int = 0

    def as_mapping(self) -> dict[str, Any]:
        """Return it for a log line.

        Returns
        -------
        dict
            ``files``, ``bytes`` and ``kept_without_row``.
        """
        return {"files": self.files, "bytes": self.size, "kept_without_row": self.without_row}


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


def keep_days(
    spool: Spool, recorded: Recorded, today: date, notices: Notices, *, done: int, failed: int
) -> Mapping[str, Any]:
    """Remove files that were kept for long enough and announced, and announce what goes next.

    Parameters
    ----------
    spool : Spool
    recorded : callable
        Takes stored paths, as in rows, and returns those that a committed row names.
    today : date
        UTC, as the folders are named.
    notices : Notices
        What was announced, and whether ages can be trusted.
    done, failed : int
        Days that files stay; 0: for ever.

    Returns
    -------
    mapping
        What was removed and what was kept, for the log, and for how long all stays because the clock jumped.

    Raises
    ------
    StorageError
        The database cannot be read; nothing more was removed.
    OSError
        The disk refused.
    """
    _see(spool, notices)
    ages = [(folder, kept) for folder, kept in ((spool.done, done), (spool.failed, failed)) if kept]
    rests_for = max((notices.rests_for(kept) for _, kept in ages), default=0.0)
    soon, due = [], []
    for folder, kept in ages:
        if notices.rests_for(kept) > 0:
            continue
        old = [day for day in days(folder) if (today - day.date).days >= kept - 1]
        due += [day for day in old if (today - day.date).days > kept and notices.was_announced(day.name)]
        soon += [day for day in old if day not in due]
    _log_days("retention_started", due)
    tally = Tally()
    for day in due:
        _remove(spool, day, recorded, tally)
    _log_days("retention_announced", [day for day in soon if notices.announce(day.name)])
    return tally.as_mapping() | ({"rests_days": math.ceil(rests_for)} if rests_for > 0 else {})


def make_room(
    spool: Spool, recorded: Recorded, today: date, notices: Notices, *, min_free_percent: float
) -> Mapping[str, Any]:
    """Remove the oldest files until enough of the disk is free; none of today or yesterday by any clock.

    Parameters
    ----------
    spool : Spool
    recorded : callable
        Takes stored paths, as in rows, and returns those that a committed row names.
    today : date
        UTC, as the folders are named.
    notices : Notices
        Tells which folders were there a full day of running ago.
    min_free_percent : float
        Share of the spool's disk that is to be free, percent.

    Returns
    -------
    mapping
        What was removed and what was kept, for the log; empty if there was room.

    Raises
    ------
    StorageError
        The database cannot be read; nothing more was removed.
    OSError
        The disk refused.
    """
    _see(spool, notices)
    if free_percent(spool) >= min_free_percent:
        return {}
    oldest = [
        day
        for day in sorted(days(spool.done) + days(spool.failed))
        if today - day.date > _NEWEST_KEPT and notices.was_there(day.name)
    ]
    _log.warning(
        "disk_space_low", free_percent=round(free_percent(spool), 2), min_free_percent=min_free_percent
    )
    tally = Tally()
    for day in oldest:
        _log_days("retention_started", [day])
        _remove(spool, day, recorded, tally, until=lambda: free_percent(spool) >= min_free_percent)
        if free_percent(spool) >= min_free_percent:
            break
    else:
        _log.error(
            "disk_space_still_low",
            free_percent=round(free_percent(spool), 2),
            min_free_percent=min_free_percent,
        )
    return tally.as_mapping() | {"free_percent": round(free_percent(spool), 2)}


def free_percent(spool: Spool) -> float:
    """Return the share of the spool's disk that the daemon may still use.

    Parameters
    ----------
    spool : Spool

    Returns
    -------
    float
        Percent.

    References
    ----------
    statvfs(3), f_bavail.
    """
    disk = shutil.disk_usage(spool.root)
    return 100 * disk.free / disk.total if disk.total else 0.0


def _see(spool: Spool, notices: Notices) -> None:
    notices.see(day.name for folder in (spool.done, spool.failed) for day in days(folder))


def _log_days(event: str, due: Iterable[Day]) -> None:
    """Log how much is about to be removed, before it is."""
    for day in due:
        sizes = [size for _, size in _files(day.path)]
        if sizes:
            _log.warning(
                event, folder=day.path.parent.name, day=str(day.date), files=len(sizes), bytes=sum(sizes)
            )


def _remove(
    spool: Spool, day: Day, recorded: Recorded, tally: Tally, *, until: Callable[[], bool] = lambda: False
) -> None:
    """Remove the files of a day that rows name, some at a time."""
    root = os.fsencode(spool.root)
    files = _files(day.path)
    while some := list(islice(files, _CHUNK)):
        names = {encode_name(os.path.relpath(path, root)): (path, size) for path, size in some}
        known = recorded(names.keys())
        tally.without_row += len(names) - len(known)
        _remove_noted(spool, day, [(name, *names[name]) for name in sorted(known)], tally)
        if until():
            break
    _remove_empty_folders(os.fsencode(day.path))


def _remove_noted(spool: Spool, day: Day, known: list[tuple[str, bytes, int]], tally: Tally) -> None:
    """Note what is removed, then remove it; on a full disk one file goes before its note, to make room."""
    try:
        note_removal(day.path, [name for name, _, _ in known])
        noted = True
    except OSError as error:
        if error.errno not in DISK_ERRORS:
            raise
        noted = False
    for name, path, size in known:
        for one in (path, path + REASON_SUFFIX.encode(), *_pictures(spool, path)):
            with suppress(FileNotFoundError):
                os.unlink(one)
        tally.files += 1
        tally.size += size
        if not noted:
            note_removal(day.path, [name])


def _pictures(spool: Spool, path: bytes) -> Iterator[bytes]:
    """Yield the pictures that were kept of a scan (the setting `keep_png`)."""
    below = os.path.relpath(path, os.fsencode(spool.done))
    folder, name = os.path.split(os.path.join(os.fsencode(spool.png), below))
    ours = re.compile(re.escape(name) + rb"(-\d{4,})?\.png")
    with suppress(OSError), os.scandir(folder) as entries:
        yield from [entry.path for entry in entries if ours.fullmatch(entry.name)]


def _files(folder: Path) -> Iterator[tuple[bytes, int]]:
    """Yield the stored files below a folder with their sizes; no link is followed, and no note is a file."""
    for parent, _, names in os.walk(os.fsencode(folder)):
        for name in sorted(names):
            ours = name == NOTE_NAME.encode() or name.endswith(REASON_SUFFIX.encode())
            if ours or is_unfinished(name):
                continue
            path = os.path.join(parent, name)
            with suppress(FileNotFoundError):
                yield path, os.lstat(path).st_size


def _remove_empty_folders(top: bytes) -> None:
    """Remove folders that hold nothing any more, the day's own too unless it keeps a note."""
    for parent, _, _ in os.walk(top, topdown=False):
        with suppress(OSError):
            os.rmdir(parent)
