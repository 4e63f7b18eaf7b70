import pytest

from daemon.cli.open_results import reading, writing
from daemon.errors import MissingFileError
from daemon.settings.sources import read_settings
from daemon.spool.folders import Spool, create
from storage.engine import open_engine
from storage.errors import StorageError
from storage.queries import counts
from storage.urls import sqlite_url
from tests.support.rights import without_rights


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


def test_who_writes_makes_no_database_either(tmp_path, recorded):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with pytest.raises(MissingFileError, match="there is no spool at"), writing(settings(elsewhere)):
        pass
    assert list(elsewhere.iterdir()) == []
    with writing(settings(recorded)) as engine, engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM predictions")


@pytest.mark.parametrize("command", ["results", "config check", "db upgrade", "db check"])
def test_a_file_of_another_kind_is_said_to_be_none(recorded, call, command):
    notes = recorded / "notes.txt"
    notes.write_text("Nothing of a database.")
    end = call(recorded, *command.split(), database_url=sqlite_url(notes))
    assert end.returncode == 78
    assert f"{notes} is no SQLite database" in end.stderr
    assert "database_url" in end.stderr
    assert notes.read_text() == "Nothing of a database."


def test_a_database_of_another_version_is_refused(tmp_path):
    engine = open_engine(sqlite_url(tmp_path / "results.db"))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE other (a INTEGER)")
    engine.dispose()
    with pytest.raises(StorageError), reading(settings(tmp_path)):
        pass


SENTENCE = "Permission denied; run it as the user who runs the daemon, or give this user the rights"


@pytest.mark.parametrize(
    "command", ["results", "status", "schedule", "explain 1.dcm", "export -", "db check"]
)
def test_the_files_of_another_user_are_one_cause_with_one_message(recorded, call, command):
    spool = Spool(recorded)
    create(spool)
    spool.lock_file.touch()
    with without_rights(spool.lock_file, recorded / "results.db", spool.inbox, spool.done):
        end = call(recorded, *command.split())
    assert end.returncode == 74, end.stderr
    assert SENTENCE in end.stderr


@pytest.mark.parametrize("command", ["results", "status", "schedule", "explain 1.dcm", "run", "once"])
def test_so_is_a_spool_that_only_another_user_may_enter(recorded, call, command):
    """A daemon that may enter it and not lock it: `tests/daemon/spool/test_lock.py`."""
    with without_rights(recorded):
        end = call(recorded, *command.split())
    assert end.returncode == 74, end.stderr
    assert SENTENCE in end.stderr
