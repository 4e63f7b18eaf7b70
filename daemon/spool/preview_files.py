"""Where the small pictures of scans lie: a folder an hour, by the time in the scan's id; how they go.

    previews/2026-11-28/22/019acc0e-....-1.jpg         the preview of frame 1
    previews/2026-11-28/22/019acc0e-....-1-small.jpg   its thumbnail

So a scan's id leads to them without a list, no folder holds more than an hour's files, and a day goes as a
whole. Nothing hangs on them: what is lost is drawn again from the scan's file.
"""

import os
import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from daemon.spool.folders import PRIVATE_MODE, Spool
from storage.durable.replace import Synced, new_file_of, replace_file

PREVIEW_FRAMES: Final = 8
"""Of so many frames of a scan, the first ones, small pictures are kept."""

_FOLDER_MODE: Final = 0o750
_FILE_MODE: Final = 0o640
_WRITER: Final = "daemon"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OURS: Final = re.compile(r"\.?[0-9a-f-]{36}-\d+(-small)?\.jpg(\.\w+\.tmp)?")
_HOUR: Final = re.compile(r"[0-2]\d")


def preview_file(spool: Spool, scan_id: str, frame: int, *, small: bool) -> Path | None:
    """Return where a small picture of a scan lies, or would.

    Parameters
    ----------
    spool : Spool
    scan_id : str
    frame : int
        From 1.
    small : bool
        The thumbnail.

    Returns
    -------
    Path or None
        None if the id is no id of a scan.
    """
    try:
        parsed = UUID(scan_id)
        claimed = _EPOCH + timedelta(milliseconds=parsed.int >> 80)
    except (ValueError, OverflowError):
        return None
    if str(parsed) != scan_id:
        return None
    folder = spool.previews / f"{claimed:%Y-%m-%d}" / f"{claimed:%H}"
    return folder / f"{scan_id}-{frame}{'-small' if small else ''}.jpg"


def write_preview(path: Path, content: bytes) -> None:
    """Write a small picture, whole or not at all; its folders are made.

    Who may enter ``previews/`` may read it: that folder is for the daemon's user alone unless its group is
    given the right.

    Parameters
    ----------
    path : Path
        As `preview_file` returned it.
    content : bytes

    Raises
    ------
    OSError
        The disk refused.
    """
    try:
        replace_file(path, content, Synced.NOTHING, mode=_FILE_MODE, writer=_WRITER)
    except FileNotFoundError:  # it is the first of its hour
        _make_folders(path.parent)
        replace_file(path, content, Synced.NOTHING, mode=_FILE_MODE, writer=_WRITER)
    _give_to_readers(path, path.parents[2])


def _make_folders(hour: Path) -> None:
    top = hour.parent.parent
    top.mkdir(exist_ok=True, mode=PRIVATE_MODE)
    for folder in (hour.parent, hour):
        with suppress(FileExistsError):
            folder.mkdir()
            _give_to_readers(folder, top)
            folder.chmod(_FOLDER_MODE)  # without the bit of the group: the unit lets no process set it


def _give_to_readers(made: Path, top: Path) -> None:
    """Give what was made the group of the folder above all, by which an operator chooses who reads."""
    readers = top.stat().st_gid
    if made.stat().st_gid != readers:
        with suppress(PermissionError):  # not a group of this user: then its readers are none
            os.chown(made, -1, readers)


def remove_previews(spool: Spool, scan_id: str) -> None:
    """Remove the small pictures of a scan, if it has any.

    Parameters
    ----------
    spool : Spool
    scan_id : str

    Raises
    ------
    OSError
        They are there, and may not be removed.
    """
    first = preview_file(spool, scan_id, 1, small=False)
    if first is None or not first.parent.is_dir():
        return
    for frame in range(1, PREVIEW_FRAMES + 1):
        for small in (False, True):
            path = preview_file(spool, scan_id, frame, small=small)
            assert path is not None
            path.unlink(missing_ok=True)
            new_file_of(path, _WRITER).unlink(missing_ok=True)
    _remove_if_empty(first.parent)


def remove_previews_before(spool: Spool, day: date) -> int:
    """Remove the small pictures of all scans that were claimed before a day; other files there stay.

    Parameters
    ----------
    spool : Spool
    day : date
        UTC.

    Returns
    -------
    int
        How many went.

    Raises
    ------
    OSError
        They may not be removed.
    """
    removed = 0
    for one in _folders(spool.previews):
        if not _is_before(one.name, day):
            continue
        for hour in _folders(one):
            if _HOUR.fullmatch(hour.name):
                removed += _remove_in(hour)
    return removed


def _is_before(name: str, day: date) -> bool:
    try:
        return date.fromisoformat(name) < day
    except ValueError:
        return False


def _folders(folder: Path) -> list[Path]:
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        return sorted(Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
    return []


def _remove_in(hour: Path) -> int:
    ours: list[str] = []
    with suppress(FileNotFoundError), os.scandir(hour) as entries:  # with its last scan it goes by itself
        ours = [entry.path for entry in entries if _OURS.fullmatch(entry.name)]
    for path in ours:
        with suppress(FileNotFoundError):
            os.unlink(path)
    _remove_if_empty(hour)
    return len(ours)


def _remove_if_empty(hour: Path) -> None:
    with suppress(OSError):
        hour.rmdir()
        hour.parent.rmdir()
