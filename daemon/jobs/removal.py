"""Remove the files of a day, and what belongs to each: only those that a row names, and noted before.

A file that no row names may be lost data, and stays.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

from daemon.jobs.stored_days import Day, stored_files
from daemon.pauses import DISK_ERRORS
from daemon.spool.folders import Spool
from daemon.spool.names import REASON_SUFFIX, encode_name
from daemon.spool.preview_files import remove_previews
from daemon.spool.removals import note_removal

Recorded = Callable[[AbstractSet[str]], Mapping[str, str]]

_CHUNK = 100


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


def remove_day(
    spool: Spool, day: Day, recorded: Recorded, tally: Tally, *, until: Callable[[], bool] = lambda: False
) -> None:
    """Remove the files of a day that rows name, some at a time.

    Parameters
    ----------
    spool : Spool
    day : Day
    recorded : callable
        Takes stored paths, as in rows, and returns those that a committed row names, with its scan_id.
    tally : Tally
        Counts what is removed, and what stays for want of a row.
    until : callable
        Ends it when true.

    Raises
    ------
    StorageError
        The database cannot be read; nothing more was removed.
    OSError
        The disk refused.
    """
    root = os.fsencode(spool.root)
    files = stored_files(day.path)
    while some := list(islice(files, _CHUNK)):
        names = {encode_name(os.path.relpath(path, root)): (path, size) for path, size in some}
        known = recorded(names.keys())
        tally.without_row += len(names) - len(known)
        for name in known:
            with suppress(OSError):  # nothing hangs on them: a file of a patient does not stay for them
                remove_previews(spool, known[name])
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


def _remove_empty_folders(top: bytes) -> None:
    """Remove folders that hold nothing any more, the day's own too unless it keeps a note."""
    for parent, _, _ in os.walk(top, topdown=False):
        with suppress(OSError):
            os.rmdir(parent)
