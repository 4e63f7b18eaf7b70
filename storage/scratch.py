"""A database for a trial: it holds no rows of anyone else, and is removed afterwards."""

import secrets
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from storage.engine import open_engine
from storage.errors import StorageError
from storage.sqlite import side_files
from storage.translate import translated_errors
from storage.urls import is_sqlite, parse, sqlite_path

_INSUFFICIENT_PRIVILEGE = "42501"


class NotScratch(StorageError):  # noqa: N818 - a state, as storage.errors names them
    """The place named for a trial is in use, or none can be made there."""

    code = "not_scratch"
    exit_code = 73


def make_scratch(url: str) -> str:
    """Make an empty place in a database.

    Parameters
    ----------
    url : str
        An SQLite file that must not exist yet; or a PostgreSQL database, in which a schema is made, so that
        no existing table can be read or written by mistake.

    Returns
    -------
    str
        The URL to work with: the same, or with the new schema as the only one in the search path.

    Raises
    ------
    NotScratch
        The SQLite file exists, or the user may not make a schema.
    DatabaseUnavailable
        The server does not answer.
    """
    if is_sqlite(url):
        _refuse_existing(sqlite_path(url))
        return url
    schema = f"inboxray_soak_{secrets.token_hex(6)}"
    _execute(url, f'CREATE SCHEMA "{schema}"', "making a schema for the trial")
    parsed = parse(url)
    former = parsed.query.get("options", "")
    options = f"{former} -csearch_path={schema}".strip()
    return parsed.update_query_dict({"options": options}).render_as_string(hide_password=False)


def drop_scratch(url: str) -> None:
    """Remove what `make_scratch` made, and what was written there.

    Parameters
    ----------
    url : str
        What `make_scratch` returned.

    Raises
    ------
    DatabaseUnavailable
        The server does not answer; the schema stands.
    """
    if is_sqlite(url):
        path = sqlite_path(url)
        for found in (path, *side_files(path)):
            found.unlink(missing_ok=True)
        return
    _execute(url, f'DROP SCHEMA "{schema_of(url)}" CASCADE', "removing the schema of the trial")


def describe(url: str) -> str:
    """Write where the rows of a trial are.

    Parameters
    ----------
    url : str
        What `make_scratch` returned.

    Returns
    -------
    str
        The SQLite file, or the schema in the server.
    """
    return str(sqlite_path(url)) if is_sqlite(url) else f"schema {schema_of(url)}"


def schema_of(url: str) -> str:
    """Return the name of the schema that `make_scratch` made.

    Parameters
    ----------
    url : str
        What `make_scratch` returned for a PostgreSQL database.

    Returns
    -------
    str
    """
    return str(parse(url).query["options"]).rpartition("-csearch_path=")[2]


def _refuse_existing(path: Path) -> None:
    for found in (path, *side_files(path)):
        if found.exists():
            raise NotScratch(f"{found} exists already, and may hold rows; name a file that does not exist")


def _execute(url: str, statement: str, doing: str) -> None:
    engine = open_engine(url)
    try:
        with translated_errors(doing), engine.begin() as connection:
            try:
                connection.execute(text(statement))
            except ProgrammingError as error:
                if getattr(error.orig, "sqlstate", None) != _INSUFFICIENT_PRIVILEGE:
                    raise
                raise NotScratch(
                    "the user of database_url may not make a schema there: "
                    "GRANT CREATE ON DATABASE ... TO ..., or name another database by --database-url"
                ) from None
    finally:
        engine.dispose()
