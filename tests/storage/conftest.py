"""Each test of storage runs on a real SQLite and on a real PostgreSQL."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError

from storage.engine import Engine, open_engine
from storage.ledger import Ledger
from storage.revision import head
from storage.schema import METADATA
from storage.upgrade import upgrade
from storage.urls import sqlite_url
from tests.support.records import MODEL, RUN

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


@pytest.fixture
def migrations() -> Path:
    return MIGRATIONS


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database at head, to be copied: quicker than to migrate for each test."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    migrate(sqlite_url(path))
    return path


@pytest.fixture(scope="session")
def ready() -> list[str]:
    """URLs of PostgreSQL databases at head without a row: to empty one is quicker than to make one."""
    return []


def migrate(url: str) -> None:
    engine = open_engine(url)
    upgrade(engine, MIGRATIONS)
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of the test's own: at head if the test asks for `engine` too, else empty."""
    at_head = "engine" in request.fixturenames
    if request.param == "postgres":
        yield from database_of_server(request, at_head=at_head)
    else:
        if at_head:
            shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "results.db")
        yield sqlite_url(tmp_path / "results.db")


def database_of_server(request: pytest.FixtureRequest, *, at_head: bool) -> Iterator[str]:
    """A database of PostgreSQL, used again after a test that left its tables standing."""
    server = request.getfixturevalue("postgres_server")
    ready: list[str] = request.getfixturevalue("ready")
    if not at_head or not ready:
        url = server.create_database()
        if at_head:
            migrate(url)
    else:
        url = ready.pop()
    yield url
    if at_head and is_emptied(url):
        ready.append(url)
    else:
        server.drop_database(url)


def is_emptied(url: str) -> bool:
    """Delete every row; say whether the tables and the view are those of the newest revision."""
    engine = open_engine(url)
    try:
        with engine.begin() as connection:
            found = inspect(connection)
            names = set(found.get_table_names()) | set(found.get_view_names())
            if names != set(METADATA.tables) | {"alembic_version", "results"}:
                return False
            if connection.scalar(text("SELECT version_num FROM alembic_version")) != head(MIGRATIONS):
                return False
            connection.execute(text("SET LOCAL lock_timeout = '2s'"))  # a failed test may have left a session
            connection.execute(text("TRUNCATE runs, models, scans, predictions, reviews"))
            return True
    except OperationalError:
        return False
    finally:
        engine.dispose()


@pytest.fixture
def empty_engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(empty_engine: Engine) -> Engine:
    """A database with its schema at head."""
    return empty_engine


@pytest.fixture
def ledger(engine: Engine) -> Ledger:
    return Ledger(engine)


@pytest.fixture
def run_id(ledger: Ledger) -> int:
    """A run that has begun, with its model registered."""
    ledger.register_model(MODEL)
    return ledger.begin_run(RUN)


@pytest.fixture
def opened() -> Iterator[Callable[..., Engine]]:
    """Open engines that are closed at the end."""
    engines: list[Engine] = []

    def open_one(url: str, **options: Any) -> Engine:
        engines.append(open_engine(url, **options))
        return engines[-1]

    yield open_one
    for engine in engines:
        engine.dispose()
