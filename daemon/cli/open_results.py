"""How commands open the results database: they create nothing, and take no write lock but to write."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from daemon.cli.absent import no_database
from daemon.errors import MissingFileError
from daemon.settings.migration_scripts import script_location

if TYPE_CHECKING:
    from pathlib import Path

    from daemon.settings.fields import Settings
    from storage.engine import Engine


@contextmanager
def reading(settings: "Settings") -> Iterator["Engine"]:
    """Open the database that the settings name, to look into it; it works while the daemon writes.

    Parameters
    ----------
    settings : Settings

    Yields
    ------
    Engine

    Raises
    ------
    MissingFileError
        There is no SQLite file yet.
    DatabaseUnavailable
        The server does not answer.
    NotADatabase
        The file is something else.
    SchemaNotAtHead
        The database was made by another version.
    PermissionError
        The file, or a folder above it, is another user's.
    """
    with _opened(settings, readonly=True) as engine:
        yield engine


@contextmanager
def writing(settings: "Settings") -> Iterator["Engine"]:
    """Open the same to add to it, also while the daemon writes.

    Parameters
    ----------
    settings : Settings

    Yields
    ------
    Engine

    Raises
    ------
    MissingFileError, DatabaseUnavailable, NotADatabase, SchemaNotAtHead, PermissionError
        As `reading`.
    """
    with _opened(settings, readonly=False) as engine:
        yield engine


@contextmanager
def _opened(settings: "Settings", *, readonly: bool) -> Iterator["Engine"]:
    from storage.engine import open_engine
    from storage.readiness import refuse_no_database
    from storage.revision import check
    from storage.urls import is_sqlite, sqlite_path

    url = settings.database()
    if is_sqlite(url):
        if not sqlite_path(url).exists():
            raise MissingFileError(no_database(settings, sqlite_path(url)))
        _refuse_unreadable(sqlite_path(url))
    refuse_no_database(url)
    engine = open_engine(url, readonly=readonly)
    try:
        check(engine, script_location())
        yield engine
    finally:
        engine.dispose()


def _refuse_unreadable(path: "Path") -> None:
    """Let the system say that this user may not read the file: SQLite only says that it cannot open it."""
    if path.is_file():
        with path.open("rb"):
            pass
