"""Which revision of the schema a database has, and how it gets to the newest.

Where the revisions lie is a parameter (`script_location`, a folder for Alembic): storage does not know them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sqlalchemy import Connection, Engine, inspect, text

from storage.errors import SchemaNotAtHead
from storage.schema import Base
from storage.translate import translated_errors

if TYPE_CHECKING:
    import sqlite3

    from alembic.config import Config

UPGRADE = "run `inboxray db upgrade` (make a backup first)"
# Any number, the same in every version of inboxray: an upgrade holds this advisory lock.
ADVISORY_LOCK = 0x1B0C5A7
_OUR_NAMES = frozenset(Base.metadata.tables) | {"results", "alembic_version"}


@dataclass(frozen=True, slots=True)
class State:
    """What a database holds: nothing, or tables, with a revision or without.

    Parameters
    ----------
    is_empty : bool
        Neither a table nor a view; on PostgreSQL none of ours: others may have theirs beside.
    revision : str or None
        As Alembic wrote it.
    """

    is_empty: bool
    revision: str | None


def head(script_location: Path) -> str:
    """Return the newest revision that this version of inboxray knows.

    Parameters
    ----------
    script_location : Path
        Where the revisions are.

    Returns
    -------
    str
    """
    from alembic.script import ScriptDirectory

    newest = ScriptDirectory(str(script_location)).get_current_head()
    assert newest is not None, "the wheel ships revisions"
    return newest


def current(engine: Engine) -> str | None:
    """Return the revision of a database.

    Parameters
    ----------
    engine : Engine

    Returns
    -------
    str or None
        None if it has none.

    Raises
    ------
    DatabaseUnavailable
        It cannot be read.
    """
    return look(engine).revision


def check(engine: Engine, script_location: Path) -> None:
    """Pass if the schema is the newest.

    Parameters
    ----------
    engine : Engine
    script_location : Path

    Raises
    ------
    SchemaNotAtHead
        It is older, newer, empty or not inboxray's; the message says which, and what to do.
    """
    found, newest = look(engine), head(script_location)
    if found.revision != newest:
        raise SchemaNotAtHead(explain(found, newest, script_location))


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


def look(engine: Engine) -> State:
    """Return what a database holds.

    Parameters
    ----------
    engine : Engine

    Returns
    -------
    State

    Raises
    ------
    DatabaseUnavailable
        It cannot be read.
    """
    with translated_errors("reading the schema's revision"), engine.connect() as connection:
        return state_of(connection)


def state_of(connection: Connection) -> State:
    """Return what a database holds, as seen by one connection.

    The tables are read first: they come in one transaction with their revision, so tables followed by no
    revision are those of another program, and not of a database that is being made.

    Parameters
    ----------
    connection : Connection

    Returns
    -------
    State
    """
    from alembic.runtime.migration import MigrationContext

    inspector = inspect(connection)
    names = {*inspector.get_table_names(), *inspector.get_view_names()}
    if connection.dialect.name == "postgresql":  # an SQLite file with other tables is another program's
        names &= _OUR_NAMES
    return State(not names, MigrationContext.configure(connection).get_current_revision())


def knows(script_location: Path, revision: str | None) -> bool:
    """Return whether a revision is among those of this version of inboxray.

    Parameters
    ----------
    script_location : Path
    revision : str or None

    Returns
    -------
    bool
    """
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    try:
        return (
            revision is not None and ScriptDirectory(str(script_location)).get_revision(revision) is not None
        )
    except CommandError:
        return False


def between(script_location: Path, after: str | None, reached: str | None) -> list[str]:
    """Return the revisions after one, up to and including another.

    Parameters
    ----------
    script_location : Path
    after, reached : str or None
        None: before the first.

    Returns
    -------
    list of str
        Oldest first.
    """
    from alembic.script import ScriptDirectory

    steps = ScriptDirectory(str(script_location)).iterate_revisions(reached or "base", after or "base")
    return [step.revision for step in steps][::-1]


def explain(found: State, newest: str, script_location: Path) -> str:
    """Write how a database differs from head, and what to do.

    Parameters
    ----------
    found : State
    newest : str
    script_location : Path

    Returns
    -------
    str
        The message.
    """
    if found.revision is None and found.is_empty:
        return f"the database is empty, inboxray needs revision {newest}; {UPGRADE}"
    if found.revision is None:
        return "the database has tables but no revision: it is not inboxray's; name another by database_url"
    if not knows(script_location, found.revision):
        return (
            f"the database is at revision {found.revision}, which this inboxray does not know "
            f"(newest: {newest}): it was upgraded by a newer version; install that version"
        )
    return f"the database is at revision {found.revision}, inboxray needs {newest}; {UPGRADE}"


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
