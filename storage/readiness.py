"""Whether a daemon and its commands could work with a database, asked without changing anything."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text

from storage.engine import open_engine
from storage.errors import MissingPrivileges, SchemaNotAtHead
from storage.postgres import refuse_encoding
from storage.revision import explain, head, state_of
from storage.sqlite import refuse_other_file
from storage.stale_log import refuse_stale_log as refuse_log
from storage.translate import translated_errors
from storage.urls import is_sqlite, sqlite_path

_TABLES: Final = ("runs", "models", "scans", "predictions", "reviews")  # the last for `review`, and `explain`
_WANTED: Final = (
    *((table, right) for table in _TABLES for right in ("SELECT", "INSERT")),
    ("models", "UPDATE"),  # to lock it while a model is registered
)


def refuse_no_database(url: str) -> None:
    """Refuse a database URL that names a file of another kind; call it before the database is opened.

    Parameters
    ----------
    url : str
        A server is not asked.

    Raises
    ------
    NotADatabase
        Waiting would not help.
    """
    if is_sqlite(url):
        refuse_other_file(sqlite_path(url))


def refuse_stale_log(url: str) -> None:
    """Set the log of an SQLite database aside that does not belong to it; call it where nothing else writes.

    Parameters
    ----------
    url : str
        A server is not asked.

    Raises
    ------
    DatabaseReplaced
        There was such a log.
    """
    if is_sqlite(url):
        refuse_log(sqlite_path(url))


def examine(url: str, script_location: Path) -> str:
    """Look at the database that a daemon would write to.

    Parameters
    ----------
    url : str
    script_location : Path
        Where the revisions are.

    Returns
    -------
    str
        What it is, for a message: "is empty: ...".

    Raises
    ------
    BadDatabaseUrl, DatabaseUnavailable
        It cannot be opened or does not answer.
    NotADatabase, DatabaseNotUtf8, SchemaNotAtHead, MissingPrivileges
        A daemon would refuse it, or could not write to it.
    """
    refuse_no_database(url)
    if is_sqlite(url) and not sqlite_path(url).exists():
        return "is not there yet: the first start makes it"
    engine = open_engine(url, readonly=True)
    try:
        with translated_errors("examining the database"), engine.connect() as connection:
            if not is_sqlite(url):
                refuse_encoding(connection.connection.driver_connection)
            found, newest = state_of(connection), head(script_location)
            if found.revision != newest and not found.is_empty:
                raise SchemaNotAtHead(explain(found, newest, script_location))
            if not is_sqlite(url):
                _refuse_lack(_missing(connection, makes_tables=found.is_empty))
    finally:
        engine.dispose()
    return "is empty: the first start makes its tables" if found.is_empty else f"is at revision {newest}"


def _missing(connection: Connection, *, makes_tables: bool) -> list[str]:
    """Name the rights on a PostgreSQL database that its user lacks."""
    if makes_tables:
        may_create = "SELECT has_schema_privilege(current_schema(), 'CREATE')"
        return [] if connection.scalar(text(may_create)) else ["CREATE on the schema, to make the tables"]
    has = text("SELECT has_table_privilege(:table, :right)")
    missing = [
        f"{right} on {table}"
        for table, right in _WANTED
        if not connection.scalar(has, {"table": table, "right": right})
    ]
    if not connection.scalar(text("SELECT has_column_privilege('runs', 'ended_at', 'UPDATE')")):
        missing.append("UPDATE (ended_at) on runs")
    return missing


def _refuse_lack(missing: list[str]) -> None:
    if missing:
        raise MissingPrivileges(
            f"the user of database_url lacks rights there: {', '.join(missing)}. GRANT them, or run "
            "postgresql-roles.sql, which lies with the units of inboxray"
        )
