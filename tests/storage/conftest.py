"""Each test of storage runs on a real SQLite and on a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.engine import Engine, open_engine, sqlite_url
from storage.ledger import Ledger
from storage.revision import upgrade
from tests.support.records import MODEL, RUN

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


@pytest.fixture
def migrations() -> Path:
    return MIGRATIONS


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "results.db")
        return
    server = request.getfixturevalue("postgres_server")
    url = server.create_database()
    yield url
    server.drop_database(url)


@pytest.fixture
def empty_engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(empty_engine: Engine) -> Engine:
    """A database with its schema at head."""
    upgrade(empty_engine, MIGRATIONS)
    return empty_engine


@pytest.fixture
def ledger(engine: Engine) -> Ledger:
    return Ledger(engine)


@pytest.fixture
def run_id(ledger: Ledger) -> int:
    """A run that has begun, with its model registered."""
    ledger.register_model(MODEL)
    return ledger.begin_run(RUN)
