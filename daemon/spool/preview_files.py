"""Where the small pictures of scans lie: a folder an hour, by the time in the scan's id; how they go.

    previews/2026-11-28/22/019acc0e-....-1.jpg         the preview of frame 1
    previews/2026-11-28/22/019acc0e-....-1-small.jpg   its thumbnail, unless the preview is as small

So a scan's id leads to them without a list, no folder holds more than an hour's files, and a day goes as a
whole. Nothing hangs on them: what is lost is drawn again from the scan's file. So they are written in place,
which costs less than a new file and its renaming; a reader looks whether one is whole.
"""

import os
import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final

from daemon.spool.claim import SCAN_ID
from daemon.spool.folders import PRIVATE_MODE, Spool

PREVIEW_FRAMES: Final = 8
"""Of so many frames of a scan, the first ones, small pictures are kept."""

_FOLDER_MODE: Final = 0o750
_FILE_MODE: Final = 0o640
_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR_MS: Final = 3_600_000
_FORMERLY_UNFINISHED: Final = ".{}.daemon.tmp"
"""What builds that wrote a new file beside left where they were killed: a patient's picture, too."""
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
    if not SCAN_ID.fullmatch(scan_id):
        return None
    folder = _hour_folder(spool.previews, int(scan_id[:8] + scan_id[9:13], 16) // _HOUR_MS)
    return folder and folder / f"{scan_id}-{frame}{'-small' if small else ''}.jpg"


@lru_cache(maxsize=64)
def _hour_folder(previews: Path, hours: int) -> Path | None:
    """Return the folder of an hour, by its number since 1970; None if no calendar has it."""
    try:
        claimed = _EPOCH + timedelta(hours=hours)
    except OverflowError:
        return None
    return previews / f"{claimed:%Y-%m-%d}" / f"{claimed:%H}"


def write_preview(path: Path, content: bytes) -> None:
    """Write a small picture; its folders are made. What could not be written whole is removed.

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
        _write(path, content)
    except FileNotFoundError:  # it is the first of its hour
        _make_folders(path.parent)
        _write(path, content)


def _write(path: Path, content: bytes) -> None:
    with open(path, "wb", opener=lambda name, _: os.open(name, _FLAGS, 0o600)) as file:
        try:
            os.fchmod(file.fileno(), _FILE_MODE)
            _give_to_readers(file.fileno(), path.parents[2])
            file.write(content)
            file.flush()
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _make_folders(hour: Path) -> None:
    top = hour.parent.parent
    top.mkdir(exist_ok=True, mode=PRIVATE_MODE)
    for folder in (hour.parent, hour):
        with suppress(FileExistsError):
            folder.mkdir()
            _give_to_readers(folder, top)
            folder.chmod(_FOLDER_MODE)  # without the bit of the group: the unit lets no process set it


def _give_to_readers(made: int | Path, top: Path) -> None:
    """Give what was made the group of the folder above all, by which an operator chooses who reads."""
    readers = os.stat(top).st_gid
    if os.stat(made).st_gid != readers:
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
            path.with_name(_FORMERLY_UNFINISHED.format(path.name)).unlink(missing_ok=True)
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
