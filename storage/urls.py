"""URLs of databases: which kind they mean, where its file is, and how they are shown without a password."""

import os
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from storage.errors import BadDatabaseUrl

POSTGRES_NAMES = ("postgres", "postgresql", "postgresql+psycopg")
SQLITE_NAMES = ("sqlite", "sqlite+pysqlite")
EXAMPLES = "write sqlite:////path/results.db or postgresql://user:password@host/database"


def parse(url: str) -> URL:
    """Read a database URL; its text is in no error, for it may hold a password.

    Parameters
    ----------
    url : str

    Returns
    -------
    URL

    Raises
    ------
    BadDatabaseUrl
        It is no URL, or of another kind of database.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise BadDatabaseUrl(f"database_url is no URL of a database; {EXAMPLES}") from None
    if parsed.drivername not in POSTGRES_NAMES + SQLITE_NAMES:
        raise BadDatabaseUrl(f"database_url: {parsed.drivername}:// is not supported; {EXAMPLES}")
    return parsed


def is_sqlite(url: str) -> bool:
    """Say whether a database URL means an SQLite file.

    Parameters
    ----------
    url : str

    Returns
    -------
    bool
    """
    return parse(url).drivername in SQLITE_NAMES


def sqlite_path(url: str) -> Path:
    """Return the absolute path of an SQLite URL's file.

    Parameters
    ----------
    url : str

    Returns
    -------
    Path

    Raises
    ------
    BadDatabaseUrl
        If it is no SQLite URL, or one of a database in memory: that would not outlive the daemon.
    """
    parsed = parse(url)
    database = parsed.database or ""
    if parsed.drivername not in SQLITE_NAMES or database in ("", ":memory:") or database.startswith("file:"):
        raise BadDatabaseUrl(f"database_url names no file; {EXAMPLES}")
    return Path(database).expanduser().absolute()


def sqlite_url(path: Path) -> str:
    """Return the database URL of an SQLite file; whatever stands in its path is escaped.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
    """
    return URL.create("sqlite", database=os.fspath(path.absolute())).render_as_string(hide_password=False)


def mask_url(url: str) -> str:
    """Return a database URL fit to be shown: without its password, wherever that stands.

    Parameters
    ----------
    url : str

    Returns
    -------
    str
    """
    parsed = parse(url)
    secret = {key: "***" for key in parsed.query if "password" in key.lower()}
    shown = parsed.update_query_dict(secret).render_as_string(hide_password=True)
    return shown.replace("%2A%2A%2A", "***")
