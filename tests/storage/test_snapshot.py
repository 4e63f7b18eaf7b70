import sqlite3
import stat
from contextlib import closing

import pytest

from storage.engine import connect_sqlite
from storage.errors import DatabaseUnavailable
from storage.snapshot import optimize, snapshot
from tests.support.recorded import fill, scans


@pytest.fixture
def source(tmp_path):
    fill(tmp_path / "spool")
    return tmp_path / "spool" / "results.db"


def rows(path):
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
        return connection.execute("SELECT count(*) FROM scans").fetchone()[0]


def test_the_copy_is_a_single_file_that_others_can_read_without_writing(source, tmp_path):
    target = tmp_path / "export.db"
    target.write_text("an old one")
    with closing(connect_sqlite(source, readonly=False)) as writer:  # a daemon, with its write-ahead log
        writer.execute("BEGIN IMMEDIATE")
        assert snapshot(source, target, mode=0o640) == target.stat().st_size
        writer.execute("ROLLBACK")
    assert rows(target) == len(scans())
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["export.db", "spool"]


@pytest.mark.parametrize(
    "content", [None, b"no database at all, but long enough to be read as a header" * 99]
)
def test_what_cannot_be_read_leaves_the_old_copy(tmp_path, content):
    source, target = tmp_path / "results.db", tmp_path / "copy.db"
    target.write_text("the old one")
    if content is not None:
        source.write_bytes(content)
    with pytest.raises(DatabaseUnavailable):
        snapshot(source, target)
    assert target.read_text() == "the old one"
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_a_damaged_database_does_not_replace_a_sound_copy(source, tmp_path):
    target = tmp_path / "copy.db"
    snapshot(source, target)
    sound = target.read_bytes()
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(source.read_bytes())
    for page in range(2, len(data) // 4096, 2):
        data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    source.write_bytes(data)
    with pytest.raises(DatabaseUnavailable):
        snapshot(source, target)
    assert target.read_bytes() == sound


def test_a_copy_that_cannot_be_written_is_the_disks_fault(source, tmp_path):
    with pytest.raises(FileNotFoundError):
        snapshot(source, tmp_path / "missing" / "copy.db")


def test_upkeep_fills_the_statistics_that_the_planner_reads(source):
    optimize(source)
    with closing(sqlite3.connect(source)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_stat1").fetchone()[0] > 0


def test_upkeep_of_no_database_is_told(tmp_path):
    with pytest.raises(DatabaseUnavailable):
        optimize(tmp_path / "none.db")
