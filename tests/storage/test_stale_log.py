"""A log and a file that do not belong together, as a kill and a copy leave them; see fault 67 too."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from storage.engine import open_engine
from storage.errors import DatabaseReplaced
from storage.ledger import Ledger
from storage.stale_log import ASIDE, HEADER_BYTES, refuse_stale_log, set_aside, version_in
from storage.urls import sqlite_url
from tests.support.records import MODEL, RUN, classified


class Killed:
    """What daemons leave in a folder that are killed after each of their transactions."""

    def __init__(self, path, migrated_file):
        shutil.copy(migrated_file, path)
        self.path = path
        self.engine = open_engine(sqlite_url(path))
        self.ledger = Ledger(self.engine)
        self.ledger.register_model(MODEL)
        self.run_id = self.ledger.begin_run(RUN)
        self.rows = 0

    @property
    def log(self):
        return self.path.with_name(f"{self.path.name}-wal")

    def record(self, number=1):
        for _ in range(number):
            self.ledger.record([classified(self.rows)], self.run_id)
            self.rows += 1

    def checkpoint(self):
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def left(self, folder, database=None):
        """Copy the files as they are now, with another in the place of the database."""
        folder.mkdir()
        shutil.copy(database or self.path, folder / "results.db")
        shutil.copy(self.log, folder / "results.db-wal")
        return folder / "results.db"


@pytest.fixture
def killed(tmp_path, migrated_file):
    made = Killed(tmp_path / "results.db", migrated_file)
    yield made
    made.engine.dispose()


def sound_rows(path):
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return connection.execute("SELECT count(*) FROM scans").fetchone()[0]


def test_a_log_that_follows_on_its_file_is_replayed(killed, tmp_path):
    """After a kill at any moment: before, between and after the times at which the log is written back."""
    for turn in range(6):
        killed.record(2)
        if turn % 2:
            killed.checkpoint()
        path = killed.left(tmp_path / f"{turn}")
        refuse_stale_log(path)
        assert sound_rows(path) == killed.rows


def test_a_copy_of_the_time_when_the_log_began_is_whole_with_it(killed, tmp_path):
    killed.record(2)
    killed.checkpoint()
    copy = shutil.copy(killed.path, tmp_path / "copy.db")
    killed.record(3)
    path = killed.left(tmp_path / "left", copy)
    refuse_stale_log(path)
    assert sound_rows(path) == 5


def test_an_older_copy_is_not_mixed_with_the_log(killed, tmp_path):
    """Break it: let `refuse_stale_log` return at once; rows are there of which the copy knows nothing."""
    killed.record(20)
    killed.checkpoint()
    copy = shutil.copy(killed.path, tmp_path / "copy.db")
    killed.record(5)
    killed.checkpoint()
    killed.record(1)  # begins a log anew
    path = killed.left(tmp_path / "left", copy)
    with pytest.raises(DatabaseReplaced, match="older than the log"):
        refuse_stale_log(path)
    assert path.with_name(f"results.db-wal{ASIDE}").stat().st_size > 0
    refuse_stale_log(path)
    assert sound_rows(path) == 20


def test_what_is_not_there_or_no_log_is_left_to_sqlite(tmp_path, killed):
    refuse_stale_log(tmp_path / "none.db")
    killed.record(1)
    path = killed.left(tmp_path / "left")
    for content in (b"", b"x" * 31, b"x" * 5000):
        path.with_name("results.db-wal").write_bytes(content)
        refuse_stale_log(path)
    assert path.with_name("results.db-wal").exists()


def test_no_log_that_was_set_aside_is_written_over(tmp_path):
    log = tmp_path / "results.db-wal"
    for content in ("first", "second", "third"):
        log.write_text(content)
        assert set_aside(log).read_text() == content
    assert len(list(tmp_path.iterdir())) == 3


def test_each_transaction_that_writes_is_counted(killed):
    killed.checkpoint()
    before = version_in(killed.path.read_bytes()[:HEADER_BYTES])
    killed.record(3)
    killed.ledger.end_run(killed.run_id, RUN.started_at)
    killed.checkpoint()
    assert version_in(killed.path.read_bytes()[:HEADER_BYTES]) == before + 4
    assert version_in(b"short") == 0
