"""The engine of the results database, on SQLite or PostgreSQL: durable commits, and UTC."""

from sqlalchemy import Engine

from storage.postgres import open_postgres
from storage.sqlite import BUSY_TIMEOUT_S, ONLY_READS, open_sqlite
from storage.urls import SQLITE_NAMES, parse, sqlite_path

__all__ = ["Engine", "for_questions", "open_engine"]


def open_engine(url: str, *, readonly: bool = False, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Engine:
    """Make an engine for the results database; it may be used from several threads.

    Parameters
    ----------
    url : str
        `sqlite:///PATH`, `postgres://...` or `postgresql://...` (psycopg 3).
    readonly : bool
        True to only look: nothing can be written or created, and SQLite takes no write lock. It works while
        the daemon writes.
    busy_timeout_s : float
        Longest wait for another's lock on an SQLite file, seconds.

    Returns
    -------
    Engine
        On SQLite the file is made (mode 0600) if it is not there and `readonly` is false. A transaction
        begins with BEGIN IMMEDIATE, so DDL is inside it and a writer never fails half way for a lock; one of
        `for_questions` takes no lock.

    Raises
    ------
    BadDatabaseUrl
        If the URL is not understood, or the driver of PostgreSQL is not installed.
    DatabaseUnavailable
        If SQLite's file cannot be made or is not there. A server is not contacted yet.
    """
    parsed = parse(url)
    if parsed.drivername in SQLITE_NAMES:
        return open_sqlite(sqlite_path(url), readonly=readonly, busy_timeout_s=busy_timeout_s)
    return open_postgres(parsed, readonly=readonly)


def for_questions(engine: Engine) -> Engine:
    """Return an engine whose transactions only read, on the same connections.

    On SQLite they begin with plain BEGIN: they see what is committed, and wait for no writer, for with a
    write-ahead log a reader needs no lock of his. What writes belongs to the engine itself.

    Parameters
    ----------
    engine : Engine
        Of `open_engine`.

    Returns
    -------
    Engine

    References
    ----------
    https://www.sqlite.org/lang_transaction.html, https://www.sqlite.org/wal.html
    """
    return engine.execution_options(**{ONLY_READS: True})
