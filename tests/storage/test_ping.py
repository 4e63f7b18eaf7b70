import pytest

from storage.engine import open_engine
from storage.errors import StorageError
from storage.ping import ping
from storage.urls import sqlite_url
from tests.support.recorded import fill


def test_a_database_of_ours_answers(tmp_path):
    ping(sqlite_url(fill(tmp_path / "spool") / "results.db"))


def test_one_that_is_away_or_not_ours_does_not(tmp_path):
    with pytest.raises(StorageError):
        ping(sqlite_url(tmp_path / "none.db"))
    with pytest.raises(StorageError):
        ping("postgresql://nobody@127.0.0.1:1/none")
    other = sqlite_url(tmp_path / "other.db")
    open_engine(other).dispose()
    with pytest.raises(StorageError):
        ping(other)
