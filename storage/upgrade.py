"""How a database gets to the newest revision of the schema: under a lock, a transaction a revision.

Where the revisions lie is a parameter (`script_location`, a folder for Alembic): storage does not know them.
"""

from pathlib import Path
from typing import TYPE_CHECKING, cast

from sqlalchemy import Connection, Engine, text

from storage.errors import SchemaNotAtHead
from storage.revision import between, check, explain, head, knows, look, state_of
from storage.translate import translated_errors

if TYPE_CHECKING:
    import sqlite3

    from alembic.config import Config

# Any number, the same in every version of inboxray: an upgrade holds this advisory lock.
ADVISORY_LOCK = 0x1B0C5A7


def bring_to_head(engine: Engine, script_location: Path) -> None:
    """Return an empty database its tables; pass one at head; refuse any other.

    Parameters
    ----------
    engine : Engine
    script_location : Path

    Raises
    ------
    SchemaNotAtHead
        As `check`. A start never upgrades an existing database: that is a decision, and needs a backup.
    """
    if look(engine).is_empty:
        upgrade(engine, script_location)
    check(engine, script_location)


def upgrade(engine: Engine, script_location: Path) -> list[str]:
    """Bring the database to head under a lock, one transaction a revision.

    Several processes may do so at once: each transaction begins by taking the lock (BEGIN IMMEDIATE on
    SQLite, an advisory lock of the transaction on PostgreSQL) and by reading again which revision is next. An
    empty database gets all revisions in one transaction, so that a new database is never seen half made.

    Parameters
    ----------
    engine : Engine
    script_location : Path

    Returns
    -------
    list of str
        The revisions applied by this call, oldest first; empty if there was nothing to do.

    Raises
    ------
    SchemaNotAtHead
        The database is newer than this inboxray, or is not inboxray's.
    """
    applied: list[str] = []
    while step := upgrade_once(engine, script_location):
        applied += step
    return applied


def upgrade_once(engine: Engine, script_location: Path) -> list[str]:
    """Apply what is next, in one transaction.

    Parameters
    ----------
    engine : Engine
    script_location : Path

    Returns
    -------
    list of str
        The revisions applied; empty at head.

    Raises
    ------
    SchemaNotAtHead
        As `upgrade`.
    """
    from alembic import command

    newest = head(script_location)
    with translated_errors("upgrading the schema"), engine.connect() as connection:
        set_foreign_keys(connection, "OFF")
        try:
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
                found = state_of(connection)
                if found.revision == newest:
                    return []
                if not (found.is_empty or knows(script_location, found.revision)):
                    raise SchemaNotAtHead(explain(found, newest, script_location))
                target = "head" if found.is_empty else "+1"
                command.upgrade(configuration(connection, script_location), target)
                check_foreign_keys(connection)
                return between(script_location, found.revision, state_of(connection).revision)
        finally:
            set_foreign_keys(connection, "ON")


def configuration(connection: Connection, script_location: Path) -> "Config":
    """Make Alembic's configuration, which passes our connection, already in a transaction, to `env.py`.

    Parameters
    ----------
    connection : Connection
    script_location : Path

    Returns
    -------
    alembic.config.Config
    """
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(script_location).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def set_foreign_keys(connection: Connection, state: str) -> None:
    """Switch SQLite's foreign keys: a revision that rebuilds a table must not lose the rows that refer to it.

    It works outside a transaction only, so it bypasses SQLAlchemy, which would begin one.

    Parameters
    ----------
    connection : Connection
    state : {"ON", "OFF"}

    References
    ----------
    https://www.sqlite.org/lang_altertable.html#otheralter
    """
    if connection.dialect.name == "sqlite":
        driver = cast("sqlite3.Connection", connection.connection.driver_connection)
        driver.execute(f"PRAGMA foreign_keys = {state}")


def check_foreign_keys(connection: Connection) -> None:
    """Refuse to commit a revision on SQLite that leaves rows without the row that they refer to.

    Parameters
    ----------
    connection : Connection

    Raises
    ------
    SchemaNotAtHead
        It would leave some.
    """
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise SchemaNotAtHead(
                f"the revision would leave {len(broken)} rows pointing nowhere; nothing was done"
            )
