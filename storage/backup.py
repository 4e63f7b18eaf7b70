"""A copy of an SQLite database while it is written to, and the way back from one."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from storage.durable.replace import Synced, remove_leftovers, replacing
from storage.durable.sync import sync_folder
from storage.errors import BadBackup, CannotCreateExport, DatabaseUnavailable
from storage.sqlite import SIDE_FILES, connect_sqlite, side_files

# Codes of a database that cannot be read; others cannot write. SQLITE_ERROR: it asks for a newer SQLite.
_UNREADABLE = (
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_IOERR_READ,
    sqlite3.SQLITE_IOERR_SHORT_READ,
    sqlite3.SQLITE_IOERR_CORRUPTFS,
)


def back_up(database: Path, target: Path, *, mode: int = 0o600) -> int:
    """Copy a database to a file, as of one moment, while others write to it.

    The copy has no write-ahead log: it can be carried away, and read by who may not write beside it.

    Parameters
    ----------
    database : Path
        SQLite.
    target : Path
        Replaced atomically.
    mode : int
        Of the copy, which holds what the database holds of patients: without, for its owner alone.

    Returns
    -------
    int
        Size of the copy, bytes.

    Raises
    ------
    DatabaseUnavailable
        The database is not there or cannot be opened.
    CannotCreateExport
        The file cannot be made or written.
    BadBackup
        The copy is not whole, because the database is not: nothing was replaced.

    References
    ----------
    https://www.sqlite.org/backup.html
    """
    remove_leftovers(target, SIDE_FILES)
    try:
        with replacing(target, Synced.CONTENT, mode=mode) as stream:
            beside = Path(stream.name)
            with closing(_opened(database)) as source, closing(plain(beside)) as copy:
                copy.execute("PRAGMA journal_mode = OFF")  # what it would go back to is an empty file
                source.backup(copy)  # in one step: after each other one a writer in between starts it anew
                copy.execute("PRAGMA journal_mode = DELETE")
            check_whole(beside)
            size = os.fstat(stream.fileno()).st_size
    except (OSError, sqlite3.OperationalError) as error:
        raise CannotCreateExport(f"the backup {target} could not be written: {_reason(error)}") from None
    except sqlite3.DatabaseError as error:
        raise BadBackup(
            f"the database {database} is damaged ({error.sqlite_errorname}): go back to an earlier backup by "
            "inboxray db restore"
        ) from None
    sync_folder(target.parent)
    return size


def _opened(database: Path) -> sqlite3.Connection:
    try:
        return connect_sqlite(database, readonly=True)
    except sqlite3.OperationalError as error:
        raise DatabaseUnavailable(
            f"the SQLite database at {database} cannot be opened ({error.sqlite_errorname}); "
            "check database_url and the rights on its folder"
        ) from None


def _reason(error: OSError | sqlite3.DatabaseError) -> str:
    return str(error.strerror) if isinstance(error, OSError) else error.sqlite_errorname


def put_back(backup: Path, database: Path) -> Path | None:
    """Put a backup in the place of a database that no other program uses.

    At each moment the name leads to a whole database, the old one or the backup: it changes by one rename.

    Parameters
    ----------
    backup : Path
    database : Path
        SQLite; need not be there.

    Returns
    -------
    Path or None
        Where the database that stood there lies now.

    Raises
    ------
    BadBackup
        It is no whole SQLite database; nothing was replaced.
    CannotCreateExport
        The folder of the database cannot be written, or is full; nothing was replaced.
    DatabaseUnavailable
        Another program reads the database; nothing was replaced.
    """
    check_whole(backup)
    remove_leftovers(database, SIDE_FILES)
    try:
        with replacing(database, Synced.CONTENT, mode=0o600) as stream:
            with closing(plain(backup, readonly=True)) as source, closing(plain(Path(stream.name))) as copy:
                source.backup(copy)
            os.fsync(stream.fileno())  # before the old one loses its name
            aside = set_aside(database)
    except (OSError, sqlite3.OperationalError) as error:
        raise CannotCreateExport(
            f"{database} could not be restored: {_reason(error)}; nothing was replaced. Make room in "
            "its folder, or check the rights on it"
        ) from None
    sync_folder(database.parent)
    return aside


def set_aside(database: Path) -> Path | None:
    """Return a database a second name, and leave no side files at the first one for another database.

    An old log would be replayed into the new database, and without its log the old one would lack rows.

    Parameters
    ----------
    database : Path
        SQLite; need not exist.

    Returns
    -------
    Path or None
        The second name; it holds all that was committed, in the file alone unless that is damaged.

    Raises
    ------
    DatabaseUnavailable
        Another program reads it: rows in its log cannot be moved into it.
    """
    aside = _link_aside(database) if database.exists() else None
    for one in side_files(database):
        one.unlink(missing_ok=True)
    sync_folder(database.parent)
    return aside


def _link_aside(database: Path) -> Path:
    _empty_log(database)
    number = 1
    while (aside := database.with_name(f"{database.name}.before-restore-{number}")).exists():
        number += 1
    os.link(database, aside)
    for one, other in zip(side_files(database), side_files(aside), strict=True):
        other.unlink(missing_ok=True)
        if one.exists():
            os.link(one, other)
    sync_folder(database.parent)
    return aside


def _empty_log(database: Path) -> None:
    """Bring the rows in a database's log into the database; one that is damaged stays as it is."""
    try:
        with closing(plain(database)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master")  # a journal is rolled back by reading
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode not in _UNREADABLE:
            raise
        return
    if busy:
        raise DatabaseUnavailable(
            f"{database} is read by another program and cannot be set aside; end that, and restore again"
        )


def check_whole(path: Path) -> None:
    """Refuse a file that is no whole SQLite database.

    Parameters
    ----------
    path : Path

    Raises
    ------
    BadBackup
        It is damaged, cut or something else.

    References
    ----------
    https://www.sqlite.org/pragma.html#pragma_integrity_check
    """
    try:
        with closing(plain(path, readonly=True)) as connection:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    except (sqlite3.DatabaseError, OSError) as error:
        reason = getattr(error, "sqlite_errorname", type(error).__name__)
        raise BadBackup(f"{path} is no SQLite database that can be read ({reason}); name another") from None
    if found != ("ok",) or not tables:
        raise BadBackup(f"{path} is damaged or empty: SQLite's integrity check did not pass; name another")


def plain(path: Path, *, readonly: bool = False) -> sqlite3.Connection:
    """Open a file as it is: no log, no durability, no check of the schema.

    Parameters
    ----------
    path : Path
        Must exist.
    readonly : bool

    Returns
    -------
    sqlite3.Connection
        In autocommit mode.

    Raises
    ------
    sqlite3.OperationalError
        The file cannot be opened.
    """
    mode = "ro" if readonly else "rw"
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None)
