"""Which revision of the schema a database has, and how that differs from the newest.

Where the revisions lie is a parameter (`script_location`, a folder for Alembic): storage does not know them.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from storage.errors import SchemaNotAtHead
from storage.schema import METADATA
from storage.translate import translated_errors

UPGRADE = "run `inboxray db upgrade` (make a backup first)"
_VERSION_TABLE = "alembic_version"
_OUR_NAMES = frozenset(METADATA.tables) | {"results", _VERSION_TABLE}
_NAMED = re.compile(r'^((?:down_)?revision) = "(\w+)"$', re.MULTILINE)


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
    """Return the newest revision that this version of inboxray knows: the one that no other follows.

    It is read from the text of the revisions: Alembic, which would import them and itself, is for upgrades,
    and every start and most commands only ask this.

    Parameters
    ----------
    script_location : Path
        Where the revisions are.

    Returns
    -------
    str
    """
    scripts = [path.read_text(encoding="utf-8") for path in (script_location / "versions").glob("*.py")]
    named: list[dict[str, str]] = [dict(_NAMED.findall(script)) for script in scripts]
    (newest,) = {one["revision"] for one in named} - {one.get("down_revision") for one in named}
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
    inspector = inspect(connection)
    names = {*inspector.get_table_names(), *inspector.get_view_names()}
    if connection.dialect.name == "postgresql":  # an SQLite file with other tables is another program's
        names &= _OUR_NAMES
    if _VERSION_TABLE not in names:
        return State(not names, None)
    rows = connection.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalars()  # noqa: S608 -- ours
    named = [str(row) for row in rows if row is not None]  # another program's may be of any kind
    return State(is_empty=False, revision=" and ".join(named) or None)


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
