"""What is known of an SQLite file and its log while it is used; fault 67 has the daemon's part."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from storage.engine import open_engine
from storage.errors import DatabaseReplaced
from storage.in_place import ASIDE
from storage.ledger import Ledger
from storage.urls import sqlite_url
from tests.support.records import MODEL, RUN, classified


@pytest.fixture
def path(migrated_file, tmp_path):
    shutil.copy(migrated_file, tmp_path / "results.db")
    return tmp_path / "results.db"


@pytest.fixture
def opened(path):
    """A ledger with a run and a row, its run's id and its engine."""
    engine = open_engine(sqlite_url(path))
    ledger = Ledger(engine)
    ledger.register_model(MODEL)
    run_id = ledger.begin_run(RUN)
    ledger.record([classified(1)], run_id)
    yield ledger, run_id, engine
    engine.dispose()


def write_over(path, copy):
    with copy.open("rb") as source, path.open("r+b") as file:
        file.truncate(0)
        shutil.copyfileobj(source, file)


def rows(path):
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return connection.execute("SELECT count(*) FROM scans").fetchone()[0]


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
def test_a_side_file_that_is_gone_takes_no_row(path, opened, suffix):
    ledger, run_id, engine = opened
    path.with_name(path.name + suffix).unlink()
    with pytest.raises(DatabaseReplaced, match="log of the SQLite database"):
        ledger.record([classified(2)], run_id)
    engine.dispose()
    assert rows(path) == 1  # the end of the connection has saved what the log held


def test_an_older_copy_keeps_its_rows_and_the_log_goes_aside(path, migrated_file, opened):
    ledger, run_id, engine = opened
    write_over(path, migrated_file)
    with pytest.raises(DatabaseReplaced, match="written over"):
        ledger.record([classified(2)], run_id)
    engine.dispose()
    assert path.with_name(f"{path.name}-wal{ASIDE}").stat().st_size > 0
    assert rows(path) == 0


def test_a_file_that_is_cut_is_noticed_too(path, opened):
    ledger, run_id, _ = opened
    os.truncate(path, 0)
    with pytest.raises(DatabaseReplaced, match="written over"):
        ledger.record([classified(2)], run_id)


def test_transactions_are_counted_in_the_file_itself_which_a_start_writes(path, opened):
    """What was recorded before, and the start."""
    ledger, _, _ = opened
    with path.open("rb") as file:
        first = file.read(64)[60:]
    ledger.begin_run(RUN)
    with path.open("rb") as file:
        assert int.from_bytes(file.read(64)[60:], "big") == int.from_bytes(first, "big") + 2


def test_a_log_that_sqlite_removed_itself_is_no_fault(path, opened):
    """With the last connection it writes the log back; the next one makes another."""
    ledger, run_id, engine = opened
    engine.dispose()
    assert not path.with_name(f"{path.name}-wal").exists()
    ledger.record([classified(2)], run_id)
    assert len(ledger.find([classified(1).scan_id, classified(2).scan_id])) == 2


def test_who_only_reads_holds_no_descriptor_that_would_free_the_locks_of_writers(path, opened):
    """To close one frees all locks of the process; then another process would take the log away."""
    ledger, run_id, _ = opened
    for _ in range(3):
        reader = open_engine(sqlite_url(path), readonly=True)
        with reader.connect() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM scans").all()
        reader.dispose()
    other = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT 1 FROM scans'); c.close()"
    )
    subprocess.run([sys.executable, "-c", other, path], check=True)
    assert path.with_name(f"{path.name}-wal").exists()
    ledger.record([classified(2)], run_id)
