"""How long files stay: so many days, and no longer than the disk has room.

Rows stay for ever. A file is removed only if a committed row names it; one that no row names may be lost
data, and stays (`inboxray db check` lists it). Each removal is logged before it begins, and nothing goes that
the daemon had not in its sight for a full day of running, whatever the wall clock says (fault 57).
"""

import math
import shutil
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import structlog

from daemon.jobs.notices import Notices
from daemon.jobs.removal import Recorded, Tally, remove_day
from daemon.jobs.stored_days import Day, days, stored_files
from daemon.spool.folders import Spool

_NEWEST_KEPT = timedelta(days=1)  # today's files and yesterday's never go for want of room

_log = structlog.get_logger()


def keep_days(
    spool: Spool, recorded: Recorded, today: date, notices: Notices, *, done: int, failed: int
) -> Mapping[str, Any]:
    """Remove files that were kept for long enough and announced, and announce what goes next.

    Parameters
    ----------
    spool : Spool
    recorded : callable
        Takes stored paths, as in rows, and returns those that a committed row names, with its scan_id.
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
        remove_day(spool, day, recorded, tally)
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
        Takes stored paths, as in rows, and returns those that a committed row names, with its scan_id.
    today : date
        UTC, as the folders are named.
    notices : Notices
        Knows which folders were there a full day of running ago.
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
        remove_day(spool, day, recorded, tally, until=lambda: free_percent(spool) >= min_free_percent)
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
        sizes = [size for _, size in stored_files(day.path)]
        if sizes:
            _log.warning(
                event, folder=day.path.parent.name, day=str(day.date), files=len(sizes), bytes=sum(sizes)
            )
