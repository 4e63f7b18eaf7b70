import shutil

import pytest

pytest.importorskip("pynetdicom", reason="the extra `pacs` is not installed")
pytest.importorskip("httpx", reason="the extra `pacs` is not installed")

from daemon.network.sending.outbox import Outbox
from daemon.settings.migration_scripts import script_location
from storage.engine import open_engine
from storage.upgrade import upgrade
from storage.urls import sqlite_url


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory):
    """A database at head, to be copied: quicker than to migrate for each test."""
    path = tmp_path_factory.mktemp("studies") / "migrated.db"
    engine = open_engine(sqlite_url(path))
    upgrade(engine, script_location())
    engine.dispose()
    return path


@pytest.fixture
def engine(tmp_path, migrated_file):
    shutil.copy(migrated_file, tmp_path / "results.db")
    made = open_engine(sqlite_url(tmp_path / "results.db"))
    yield made
    made.dispose()


@pytest.fixture
def outbox(tmp_path):
    made = Outbox(tmp_path / "outbox")
    with made.held():
        yield made
