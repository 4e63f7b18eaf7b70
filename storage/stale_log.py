"""Whether the log beside an SQLite file belongs to it (fault 67): SQLite itself replays whatever it finds.

Each transaction of ours that writes counts up the user version, on the first page of the file. So the log
says from which number on its pages follow, and a file that has a lower one lacks what came between.

References
----------
https://www.sqlite.org/fileformat.html#the_write_ahead_log, https://www.sqlite.org/howtocorrupt.html
"""

import struct
from pathlib import Path
from typing import BinaryIO, Final

from storage.errors import DatabaseReplaced

ASIDE: Final = ".aside"
"""Is put behind the name of a log that belongs to no file any more."""
HEADER_BYTES: Final = 100
_USER_VERSION: Final = 60  # of four bytes, big endian as all here
_LOG_HEADER: Final = struct.Struct(">IIIIII8x")  # magic, version, page size, number, salt, salt
_FRAME_HEADER: Final = struct.Struct(">IIII8x")  # page, size of the database, salt, salt
_MAGIC: Final = (0x377F0682, 0x377F0683)


def version_in(header: bytes) -> int:
    """Return how many transactions a file has counted.

    Parameters
    ----------
    header : bytes
        The first 100 bytes of the database, or of its first page in the log.

    Returns
    -------
    int
        0 for one that is too short.
    """
    if len(header) < HEADER_BYTES:
        return 0
    (version,) = struct.unpack_from(">I", header, _USER_VERSION)
    return int(version)


def refuse_stale_log(database: Path) -> None:
    """Set a log aside that does not follow on the file beside it; call it before the database is opened.

    Parameters
    ----------
    database : Path
        SQLite; one that is not there or cannot be read is not refused: opening it says what is wrong.

    Raises
    ------
    DatabaseReplaced
        An older copy was put in the place of the file after its daemon was killed, or just before. The next
        start goes on with the copy.
    """
    log = database.with_name(f"{database.name}-wal")
    try:
        with log.open("rb") as stream:
            first = _first_version(stream)
        if first is None:
            return
        with database.open("rb") as stream:  # after the log: the file only grows newer
            found = version_in(stream.read(HEADER_BYTES))
    except OSError:
        return
    if found >= first - 1:
        return
    aside = set_aside(log)
    raise DatabaseReplaced(
        f"the SQLite database at {database} is older than the log beside it, as if an older copy had been "
        f"put in its place: SQLite would mix the two. The log is {aside.name} now. Start again, then have "
        "files without a row answered again: inboxray db check --requeue-orphans"
    )


def set_aside(log: Path) -> Path:
    """Give a log another name, under which SQLite does not find it.

    Parameters
    ----------
    log : Path

    Returns
    -------
    Path
        One that was free.

    Raises
    ------
    OSError
        The folder cannot be written.
    """
    aside = log.with_name(log.name + ASIDE)
    number = 1
    while aside.exists():
        number += 1
        aside = log.with_name(f"{log.name}{ASIDE}-{number}")
    log.rename(aside)
    return aside


def _first_version(log: BinaryIO) -> int | None:
    """Return the number of the first page 1 in a log, None if it has none."""
    header = log.read(_LOG_HEADER.size)
    if len(header) < _LOG_HEADER.size:
        return None
    magic, _, page_bytes, _, *salts = _LOG_HEADER.unpack(header)
    if magic not in _MAGIC:
        return None
    while len(frame := log.read(_FRAME_HEADER.size)) == _FRAME_HEADER.size:
        page, _, *own_salts = _FRAME_HEADER.unpack(frame)
        if own_salts != salts:
            return None  # frames of an earlier log, which SQLite does not read either
        content = log.read(page_bytes)
        if page == 1:
            return version_in(content)
    return None
