import pytest

from daemon.cli.open_results import reading
from daemon.errors import MissingFileError
from daemon.settings.sources import read_settings
from storage.engine import open_engine
from storage.errors import StorageError
from storage.queries import counts
from storage.urls import sqlite_url


def settings(spool):
    return read_settings(None, {"spool": spool, "database_url": None}).settings


def test_without_a_database_nothing_is_made(tmp_path):
    with pytest.raises(MissingFileError, match="there is no spool at"), reading(settings(tmp_path)):
        pass
    assert list(tmp_path.iterdir()) == []


def test_rows_are_read_and_cannot_be_written(recorded):
    with reading(settings(recorded)) as engine:
        assert sum(count.scans for count in counts(engine)) == 4
        with pytest.raises(Exception, match=r"readonly|read-only"), engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM predictions")


def test_a_database_of_another_version_is_refused(tmp_path):
    engine = open_engine(sqlite_url(tmp_path / "results.db"))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE other (a INTEGER)")
    engine.dispose()
    with pytest.raises(StorageError), reading(settings(tmp_path)):
        pass
