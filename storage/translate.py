"""From the errors of SQLAlchemy and two drivers to those of storage.

What matters to the caller is one question: is a row at fault (then only it may fail), or the database (then
nothing may fail, and the batch is tried again)? Anything that is not plainly a row's fault is the database's.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from storage.errors import DatabaseRefused, DatabaseReplaced, DatabaseUnavailable, StorageError

FOREIGN_KEY_SQLSTATE = "23503"
# Data exception, cardinality, integrity, program limit exceeded (a row too long).
ROW_SQLSTATE_CLASSES = ("21", "22", "23", "54")
ROW_SQLITE_CODES = (sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH)
SERVER_HINT = "see that the server of database_url runs and lets this user in"
CONNECTION_TROUBLES = (
    (('database "', "does not exist"), "no_such_database", "create it, or correct its name in database_url"),
    (('role "', "does not exist"), "no_such_user", "create the user, or correct its name in database_url"),
    (("authentication failed",), "password_refused", "correct the user or the password in database_url"),
    (("no password supplied",), "password_missing", "name the password in database_url or in a passfile"),
    (("pg_hba.conf",), "host_not_allowed", "let this host and user in by the server's pg_hba.conf"),
    (("onnection refused",), "connection_refused", "see that the server runs, and where database_url points"),
    (("resolve host",), "unknown_host", "correct the host in database_url"),
    (("translate host",), "unknown_host", "correct the host in database_url"),
    (("No such file",), "no_socket", "see that the server runs, and where database_url points"),
    (("starting up",), "starting_up", "wait: the server is starting"),
)
SQLSTATE_HINTS = {
    "25006": "it is read-only, as a standby is; name the one that takes rows in database_url",
    "42501": "its user lacks a right there; `inboxray config check` says which",
    "53100": "the disk of its server is full; make room there",
    "53300": "its server takes no more connections; raise max_connections, or put a pooler before it",
    "57014": "a statement was cancelled, or took longer than statement_timeout allows this user; raise it",
}
HINTS = {
    sqlite3.SQLITE_FULL: "its disk is full; make room",
    sqlite3.SQLITE_READONLY: "it is read-only; give the daemon's user the right to write it and its folder",
    sqlite3.SQLITE_CORRUPT: "it is damaged; stop the daemon and restore a backup",
    sqlite3.SQLITE_NOTADB: "the file is no SQLite database; check database_url",
    sqlite3.SQLITE_BUSY: "another process holds its write lock",
}


@contextmanager
def translated_errors(doing: str) -> Iterator[None]:
    """Raise errors of SQLAlchemy and the drivers as StorageError only.

    Parameters
    ----------
    doing : str
        What is being done, for the message: "recording 16 scans".

    Yields
    ------
    None

    Raises
    ------
    DatabaseRefused
        A value is at fault.
    DatabaseUnavailable, DatabaseReplaced
        The database is.

    Notes
    -----
    The driver's error is not chained: its text quotes the row, and the row is a patient's.
    """
    try:
        yield
    except exc.DBAPIError as error:
        raise from_driver(error, doing) from None
    except exc.StatementError as error:
        raise DatabaseRefused(f"{doing}: a value cannot be written ({type(error.orig).__name__})") from None
    except (exc.TimeoutError, exc.ResourceClosedError, exc.PendingRollbackError) as error:
        raise DatabaseUnavailable(
            f"{doing}: no connection to the database ({type(error).__name__})"
        ) from None
    except (ValueError, TypeError, OverflowError) as error:  # raised by the drivers while they bind
        raise DatabaseRefused(f"{doing}: a value cannot be written ({type(error).__name__})") from None


def from_driver(error: exc.DBAPIError, doing: str) -> StorageError:
    """Choose storage's error for one of a driver.

    Parameters
    ----------
    error : sqlalchemy.exc.DBAPIError
    doing : str
        As of `translated_errors`.

    Returns
    -------
    StorageError

    References
    ----------
    https://www.postgresql.org/docs/current/errcodes-appendix.html
    """
    original = error.orig
    if isinstance(original, sqlite3.Error):
        return from_sqlite(original, doing)
    state = getattr(original, "sqlstate", None) or ""
    if state == FOREIGN_KEY_SQLSTATE:
        return DatabaseReplaced(replaced(doing, f"SQLSTATE {state}"))
    at_fault = state[:2] in ROW_SQLSTATE_CLASSES
    # Without a state nothing reached the server: psycopg refused a value (a NUL), or there is no connection.
    at_fault |= not state and isinstance(error, exc.DataError | exc.ProgrammingError)
    if at_fault:
        return DatabaseRefused(f"{doing}: the database refuses a value (SQLSTATE {state or 'none'})")
    if state:
        reason, hint = f"SQLSTATE_{state}", SQLSTATE_HINTS.get(state, SERVER_HINT)
    else:
        reason, hint = connection_trouble(str(original))
    return DatabaseUnavailable(f"{doing}: the database cannot be used now ({reason}): {hint}", reason, hint)


def from_sqlite(error: sqlite3.Error, doing: str) -> StorageError:
    """Choose storage's error by SQLite's primary result code.

    Parameters
    ----------
    error : sqlite3.Error
    doing : str
        As of `translated_errors`.

    Returns
    -------
    StorageError

    References
    ----------
    https://sqlite.org/rescode.html
    """
    extended = getattr(error, "sqlite_errorcode", None)  # absent where Python's own checks failed
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    if extended == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
        return DatabaseReplaced(replaced(doing, name))
    primary = None if extended is None else extended & 0xFF
    if primary in ROW_SQLITE_CODES or (primary is None and not isinstance(error, sqlite3.OperationalError)):
        return DatabaseRefused(f"{doing}: the database refuses a value ({name})")
    hint = HINTS.get(primary or 0, "see that its folder exists and can be written")
    return DatabaseUnavailable(f"{doing}: the database cannot be used now ({name}): {hint}", name, hint)


def connection_trouble(text: str) -> tuple[str, str]:
    """Name why a server cannot be reached, and what to do: libpq gives it as text only.

    Parameters
    ----------
    text : str
        The driver's message.

    Returns
    -------
    tuple of (str, str)
        The reason, a word that a log may hold, and the hint.
    """
    for words, reason, hint in CONNECTION_TROUBLES:
        if all(word in text for word in words):
            return reason, hint
    return "no_connection", SERVER_HINT


def replaced(doing: str, state: str) -> str:
    """Write that the database is not the one with which this run began.

    Parameters
    ----------
    doing : str
    state : str
        The SQLSTATE, or the name of SQLite's result code.

    Returns
    -------
    str
        The message.
    """
    return (
        f"{doing}: the database does not know this run or its model ({state}); "
        "it was replaced or restored meanwhile: start the daemon again, then compare rows with files: "
        "inboxray db check"
    )
