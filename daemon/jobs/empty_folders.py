"""Study folders that senders made in the inbox and that stood empty for long."""

import os
import time
from typing import Final

from daemon.spool.folders import Spool

_EMPTY_FOR_S: Final = 86_400
_DEEPEST: Final = 100  # as the inbox is walked


def remove_empty_folders(spool: Spool, now: float | None = None) -> int:
    """Remove folders below the inbox that are empty, and in which nothing changed for a day.

    Only folders that hold nothing at all go, one by one; no link is followed, and nothing that may not be
    removed is an error. Folders in a folder keep it: it goes a day after the last of them.

    Parameters
    ----------
    spool : Spool
    now : float, optional
        Seconds since the epoch; by default, now.

    Returns
    -------
    int
        How many went.
    """
    before = (time.time() if now is None else now) - _EMPTY_FOR_S
    return _remove_below(os.fsencode(spool.inbox), before, _DEEPEST)


def _remove_below(folder: bytes, before: float, depth: int) -> int:
    removed = 0
    try:
        with os.scandir(folder) as entries:
            folders = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return 0
    for entry in folders if depth else ():
        removed += _remove_below(entry.path, before, depth - 1)
        try:
            if entry.stat(follow_symlinks=False).st_mtime < before:
                os.rmdir(entry.path)
                removed += 1
        except OSError:  # it holds something, or may not be removed
            continue
    return removed
