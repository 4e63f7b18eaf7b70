"""Connections to an SQLite file: durable commits, explicit transactions, and a file that stays in place."""

import os
import sqlite3
import stat
import time
from contextlib import closing
from pathlib import Path
from typing import cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import ConnectionPoolEntry

from storage.errors import DatabaseUnavailable, NotADatabase
from storage.in_place import InPlace
from storage.letters import give_small_letters
from storage.postgres import TO_JSON

BUSY_TIMEOUT_S = 30.0
ONLY_READS = "inboxray_only_reads"
"""Option of an engine whose transactions take no lock."""
SIDE_FILES = ("-wal", "-shm", "-journal")
"""Endings of what SQLite keeps beside a database."""

_HEADER = b"SQLite format 3\0"
_FILE = "inboxray_file"  # key of what a connection knows of its file
_MOST_TRANSACTIONS = 1 << 31
_LOG_BYTES = 16 << 20
"""To so much a log is cut that grew while a reader kept it from being written back."""


def open_sqlite(path: Path, *, readonly: bool, busy_timeout_s: float) -> Engine:
    """Make an engine on one SQLite file.

    Parameters
    ----------
    path : Path
    readonly : bool
    busy_timeout_s : float

    Returns
    -------
    Engine

    Raises
    ------
    DatabaseUnavailable
        The file or its folder cannot be used.
    """
    try:
        if not readonly:
            # Made here and never by SQLite, which would ask the umask who may read patients' data.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        elif not path.exists():
            raise FileNotFoundError(2, "No such file")
    except OSError as error:
        raise DatabaseUnavailable(
            f"the SQLite database at {path} cannot be opened: {error.strerror}; check database_url "
            "and the rights on its folder"
        ) from None

    def connect() -> sqlite3.Connection:
        return connect_sqlite(path, readonly=readonly, busy_timeout_s=busy_timeout_s)

    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        creator=connect,
        hide_parameters=True,
        json_serializer=TO_JSON,
        pool_pre_ping=True,
    )

    in_place = InPlace(path, readonly=readonly)

    def begin_explicitly(connection: Connection) -> None:
        only_reads = readonly or connection.get_execution_options().get(ONLY_READS, False)
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")
        in_place.check(with_log=not only_reads)

    def opened(_connection: object, record: ConnectionPoolEntry) -> None:
        in_place.opened()
        record.info[_FILE] = in_place

    event.listen(engine, "connect", opened)
    event.listen(engine, "close", lambda _connection, _record: in_place.closed())
    event.listen(engine, "begin", begin_explicitly)
    return engine


def refuse_other_file(path: Path) -> None:
    """Refuse what is no SQLite database, before it is waited for as if it were one that is away.

    Call it before the process has a connection to the file: closing it again would drop SQLite's locks.

    Parameters
    ----------
    path : Path
        What is not there, is empty or may not be read is not refused: opening it says what is wrong.

    Raises
    ------
    NotADatabase
        It is a folder, a device, or a file of another kind.

    References
    ----------
    https://www.sqlite.org/fileformat.html 1.3, https://www.sqlite.org/howtocorrupt.html 2.2
    """
    try:
        is_other = not stat.S_ISREG(path.stat().st_mode)  # one look: another may make it just now
        if not is_other:
            with path.open("rb") as file:
                is_other = file.read(len(_HEADER)) not in (b"", _HEADER)
    except OSError:
        return
    if is_other:
        raise NotADatabase(
            f"{path} is no SQLite database. Name the one that you mean by the setting database_url; if "
            "this is its place, move away what stands there"
        )


def check_in_place(connection: Connection) -> None:
    """Refuse to go on with an SQLite file that is no longer the one that was opened.

    Parameters
    ----------
    connection : Connection
        Has written.

    Raises
    ------
    DatabaseReplaced
        The file or its log was removed or replaced, or another was written over it.
    """
    in_place: InPlace | None = connection.info.get(_FILE)
    if in_place is not None:
        in_place.check(with_log=True)


def count_transaction(connection: Connection) -> None:
    """Count a transaction in the file itself, so that a copy from before it is known for one.

    The count is on the first page, which so is in the log of each transaction; see `storage.stale_log`.

    Parameters
    ----------
    connection : Connection
        In a transaction that writes; on PostgreSQL nothing is done.
    """
    if connection.dialect.name == "sqlite":
        count = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        connection.exec_driver_sql(f"PRAGMA user_version = {(count + 1) % _MOST_TRANSACTIONS}")


def write_back(connection: Connection) -> None:
    """Write the log back to the SQLite file, as far as no reader needs it; on PostgreSQL do nothing.

    Parameters
    ----------
    connection : Connection
        Outside a transaction.
    """
    if connection.dialect.name == "sqlite":
        driver = cast("sqlite3.Connection", connection.connection.driver_connection)
        driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def connect_sqlite(
    path: Path, *, readonly: bool, busy_timeout_s: float = BUSY_TIMEOUT_S
) -> sqlite3.Connection:
    """Open one connection: no implicit transactions, foreign keys enforced, WAL, synchronous FULL.

    Parameters
    ----------
    path : Path
    readonly : bool
    busy_timeout_s : float

    Returns
    -------
    sqlite3.Connection
    """
    mode = "ro" if readonly else "rw"
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode={mode}",
        uri=True,
        timeout=busy_timeout_s,
        isolation_level=None,  # the driver's own BEGIN comes late and lets DDL escape
        check_same_thread=False,  # the pool hands it to one thread at a time
    )
    try:
        give_small_letters(connection)
        with closing(connection.cursor()) as cursor:
            cursor.execute("PRAGMA foreign_keys = ON")
            cursor.execute("PRAGMA synchronous = FULL")
            if readonly:
                cursor.execute("PRAGMA query_only = ON")
            else:
                switch_to_wal(cursor, path, busy_timeout_s)
                cursor.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES}")
    except BaseException:
        connection.close()
        raise
    return connection


def switch_to_wal(cursor: sqlite3.Cursor, path: Path, busy_timeout_s: float) -> None:
    """Turn the write-ahead log on; the file remembers it.

    The switch needs the file for itself and does not wait by the busy timeout, so several processes that
    open a new database at once would fail but for the loop.

    Parameters
    ----------
    cursor : sqlite3.Cursor
    path : Path
    busy_timeout_s : float

    Raises
    ------
    DatabaseUnavailable
        The file system has no write-ahead log, or another program holds the lock.
    """
    deadline = time.monotonic() + busy_timeout_s
    while True:
        try:
            (mode,) = cursor.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
            continue
        if mode != "wal":
            raise DatabaseUnavailable(
                f"the SQLite database at {path} cannot keep a write-ahead log (journal mode {mode}); "
                "put it on a local disk, or use PostgreSQL by database_url"
            )
        return


def side_files(database: Path) -> list[Path]:
    """Name what SQLite may keep beside a database: logs, which hold rows of it, and their index.

    Parameters
    ----------
    database : Path

    Returns
    -------
    list of Path

    References
    ----------
    https://www.sqlite.org/tempfiles.html
    """
    return [database.with_name(database.name + suffix) for suffix in SIDE_FILES]
