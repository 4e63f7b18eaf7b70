"""Which revision of the schema a database has, and how it gets to the newest.

Where the revisions lie is a parameter (`script_location`, a folder for Alembic): storage does not know them.
"""

from pathlib import Path
from typing import TYPE_CHECKING, cast

from sqlalchemy import Connection, Engine, inspect, text

from storage.errors import SchemaNotAtHead
from storage.translate import translated_errors

if TYPE_CHECKING:
    import sqlite3

    from alembic.config import Config

UPGRADE = "run `inboxray db upgrade` (make a backup first)"
# Any number, the same in every version of inboxray: whoever upgrades holds this advisory lock.
ADVISORY_LOCK = 0x1B0C5A7
MAX_REVISIONS = 10_000


def head(script_location: Path) -> str:
    """Return the newest revision that this version of inboxray knows."""
    from alembic.script import ScriptDirectory

    newest = ScriptDirectory(str(script_location)).get_current_head()
    assert newest is not None, "the wheel ships revisions"
    return newest


def current(engine: Engine) -> str | None:
    """Return the revision that the database has, None if it has none.

    Raises
    ------
    DatabaseUnavailable
        If it cannot be asked.
    """
    with translated_errors("reading the schema's revision"), engine.connect() as connection:
        return revision_of(connection)


def check(engine: Engine, script_location: Path) -> None:
    """Let pass a database whose schema is the newest.

    Raises
    ------
    SchemaNotAtHead
        If it is older, newer, empty or somebody else's; the message says which and what to do.
    """
    found, newest = current(engine), head(script_location)
    if found != newest:
        raise SchemaNotAtHead(explain(engine, found, newest, script_location))


def bring_to_head(engine: Engine, script_location: Path) -> None:
    """Give an empty database its tables; let pass one at head; refuse any other.

    Raises
    ------
    SchemaNotAtHead
        As `check`. An existing database is never upgraded by a start: that is a decision, and wants a backup.
    """
    if is_empty(engine):
        upgrade(engine, script_location)
    check(engine, script_location)


def upgrade(engine: Engine, script_location: Path) -> list[str]:
    """Bring the database to head, one transaction a revision, each under a lock.

    Several processes may do so at once: each revision begins by taking the lock (BEGIN IMMEDIATE on SQLite,
    an advisory lock of the transaction on PostgreSQL) and by looking anew which revision is next.

    Returns
    -------
    list of str
        The revisions applied by this call, oldest first; empty if there was nothing to do.

    Raises
    ------
    SchemaNotAtHead
        If the database is newer than this inboxray, or is somebody else's.
    """
    newest = head(script_location)
    found = current(engine)
    is_ours = is_empty(engine) if found is None else knows(script_location, found)
    if not is_ours:
        raise SchemaNotAtHead(explain(engine, found, newest, script_location))
    applied: list[str] = []
    for _ in range(MAX_REVISIONS):
        reached = upgrade_once(engine, script_location, newest)
        if reached is None:
            break
        applied.append(reached)
    return applied


def upgrade_once(engine: Engine, script_location: Path, newest: str) -> str | None:
    """Apply the next revision in one transaction; return it, or None at head."""
    from alembic import command

    with translated_errors("upgrading the schema"), engine.connect() as connection:
        set_foreign_keys(connection, "OFF")
        try:
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
                if revision_of(connection) == newest:
                    return None
                command.upgrade(configuration(connection, script_location), "+1")
                check_foreign_keys(connection)
                return revision_of(connection)
        finally:
            set_foreign_keys(connection, "ON")


def configuration(connection: Connection, script_location: Path) -> "Config":
    """Make Alembic's configuration, which hands our connection, already in a transaction, to `env.py`."""
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(script_location).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def revision_of(connection: Connection) -> str | None:
    """Return the database's revision, as seen by this connection."""
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def is_empty(engine: Engine) -> bool:
    """Say whether the database has no table and no view at all."""
    with translated_errors("looking for tables"), engine.connect() as connection:
        inspector = inspect(connection)
        return not inspector.get_table_names() and not inspector.get_view_names()


def knows(script_location: Path, revision: str) -> bool:
    """Say whether a revision is among those of this version of inboxray."""
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    try:
        return ScriptDirectory(str(script_location)).get_revision(revision) is not None
    except CommandError:
        return False


def explain(engine: Engine, found: str | None, newest: str, script_location: Path) -> str:
    """Say in what way a database is not at head, and what to do."""
    if found is None and is_empty(engine):
        return f"the database is empty, inboxray needs revision {newest}; {UPGRADE}"
    if found is None:
        return "the database has tables but no revision: it is not inboxray's; name another by database_url"
    if not knows(script_location, found):
        return (
            f"the database is at revision {found}, which this inboxray (newest: {newest}) does not know: "
            "it was upgraded by a newer version; install that version"
        )
    return f"the database is at revision {found}, inboxray needs {newest}; {UPGRADE}"


def set_foreign_keys(connection: Connection, state: str) -> None:
    """Switch SQLite's foreign keys: a revision that rebuilds a table must not lose the rows that point to it.

    It works outside a transaction only, so it goes past SQLAlchemy, which would begin one.
    """
    if connection.dialect.name == "sqlite":
        driver = cast("sqlite3.Connection", connection.connection.driver_connection)
        driver.execute(f"PRAGMA foreign_keys = {state}")


def check_foreign_keys(connection: Connection) -> None:
    """Refuse to commit a revision on SQLite that leaves rows pointing nowhere."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise SchemaNotAtHead(
                f"the revision would leave {len(broken)} rows pointing nowhere; nothing was done"
            )
