"""Backups and the way back from one, also when the process ends between two of its steps.

Break it: let `storage.backup._link_aside` rename the database and its log instead of giving them second
names: a restore that is ended leaves no database, or one without its last rows.
"""

import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing, contextmanager

import pytest

from storage.backup import back_up, put_back
from storage.engine import open_engine
from storage.errors import BadBackup, CannotCreateExport, DatabaseUnavailable
from storage.ledger import Ledger
from storage.urls import sqlite_url
from tests.support.deadlines import scaled
from tests.support.records import MODEL, RUN, classified
from tests.support.shared import ROOT


@pytest.fixture
def database(tmp_path, migrated_file):
    path = tmp_path / "results.db"
    path.write_bytes(migrated_file.read_bytes())
    return path


@pytest.fixture
def written(database):
    """A ledger with two rows, still open: the last commits are in the write-ahead log."""
    engine = open_engine(sqlite_url(database))
    ledger = Ledger(engine)
    ledger.register_model(MODEL)
    run = ledger.begin_run(RUN)
    ledger.record([classified(1), classified(2)], run)
    yield ledger, run
    engine.dispose()


def ids(path):
    with closing(sqlite3.connect(path)) as connection:
        return [scan_id[-2:] for (scan_id,) in connection.execute("SELECT scan_id FROM scans ORDER BY seq")]


@pytest.fixture
def crashed(database, written, tmp_path):
    """A backup of two rows, and a database whose third row is in the log alone, as a crash leaves it."""
    ledger, run = written
    back_up(database, tmp_path / "copy.db")
    ledger.record([classified(3)], run)
    folder = tmp_path / "crashed"
    folder.mkdir()
    for path in (database, database.with_name("results.db-wal")):
        shutil.copy(path, folder)
    assert (folder / "results.db-wal").stat().st_size > 0
    return tmp_path / "copy.db", folder


def ended_restores(backup, folder, tmp_path):
    """Restore again and again, each in a new copy of a folder and ended one step later; give the copies."""
    command = [sys.executable, "-m", "tests.support.ended_restores", backup, folder, tmp_path / "ended"]
    subprocess.run(command, cwd=ROOT, timeout=scaled(100), check=True)
    copies = sorted((tmp_path / "ended").iterdir(), key=lambda path: int(path.name))
    assert len(copies) > 10
    return copies


@contextmanager
def small_files(size):
    """Let no file grow beyond a size, bytes: a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_backup_is_one_whole_private_file(database, written, tmp_path):
    back_up(database, tmp_path / "copy.db")
    assert ids(tmp_path / "copy.db") == ["01", "02"]
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    assert not list(tmp_path.glob("copy.db-*"))
    assert not list(tmp_path.glob(".copy.db*"))


def test_a_backup_can_be_read_by_a_group_that_may_not_write_beside_it(database, written, tmp_path):
    """The nightly copy in export/; a database with a write-ahead log cannot be read so."""
    (tmp_path / "export").mkdir()
    target = tmp_path / "export" / "results.db"
    with closing(sqlite3.connect(database, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert back_up(database, target, mode=0o640) == target.stat().st_size
        writer.execute("ROLLBACK")
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    with closing(sqlite3.connect(f"{target.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        assert connection.execute("SELECT count(*) FROM scans").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert [path.name for path in target.parent.iterdir()] == ["results.db"]


def test_what_killed_backups_left_goes_with_the_next_one(database, written, tmp_path):
    """Break it: leave out ``SIDE_FILES``; and let the copy keep a journal, which it has no use for."""
    target = tmp_path / "copy.db"
    killed = (
        "import resource, signal, sys; from pathlib import Path; from storage.backup import back_up;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_DFL);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), -1));"
        "back_up(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    command = [sys.executable, "-c", killed, database, target]
    for size in (8192, 65536):
        end = subprocess.run([*command, str(size)], cwd=ROOT, timeout=scaled(60), check=False)
        assert end.returncode == -signal.SIGXFSZ
    assert list(tmp_path.glob(".copy.db.*"))
    assert not list(tmp_path.glob(".copy.db.*-journal"))
    for ending in ("-journal", "-wal", "-shm"):
        (tmp_path / f".copy.db.0badcafe.tmp{ending}").touch()
    back_up(database, target)
    assert ids(target) == ["01", "02"]
    assert not list(tmp_path.glob(".copy.db*"))


def test_a_backup_of_what_is_no_database_leaves_the_old_one(tmp_path):
    target = tmp_path / "copy.db"
    target.write_text("the old one")
    with pytest.raises(DatabaseUnavailable):
        back_up(tmp_path / "none.db", target)
    (tmp_path / "text.db").write_bytes(b"no database at all, but long enough to be read as a header" * 99)
    with pytest.raises(BadBackup):
        back_up(tmp_path / "text.db", target)
    assert target.read_text() == "the old one"
    assert not list(tmp_path.glob(".copy.db*"))


def test_a_backup_is_of_one_moment_while_rows_are_written(database, written, tmp_path):
    """Whole batches only: two rows a transaction are never parted."""
    ledger, run = written
    stop = threading.Event()

    def write():
        number = 3
        while not stop.is_set() and number < 400:
            ledger.record([classified(number), classified(number + 1)], run)
            number += 2

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(3):
            back_up(database, tmp_path / "copy.db")
            assert len(ids(tmp_path / "copy.db")) % 2 == 0
    finally:
        stop.set()
        thread.join()


def test_a_backup_replaces_the_one_before_or_leaves_it(database, written, tmp_path):
    ledger, run = written
    target = tmp_path / "copy.db"
    back_up(database, target)
    ledger.record([classified(3)], run)
    back_up(database, target)
    assert ids(target) == ["01", "02", "03"]
    with pytest.raises(CannotCreateExport):
        back_up(database, tmp_path / "missing" / "copy.db")
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET rootpage = 999999 WHERE name = 'scans'")
    with pytest.raises(BadBackup, match="damaged"):
        back_up(database, target)
    assert ids(target) == ["01", "02", "03"]


def test_a_restored_database_is_the_backup_and_nothing_of_the_log_that_lay_there(database, written, tmp_path):
    ledger, run = written
    back_up(database, tmp_path / "copy.db")
    ledger.record(
        [classified(3)], run
    )  # still in the write-ahead log, which must not be played into the copy
    assert database.with_name("results.db-wal").stat().st_size > 0
    aside = put_back(tmp_path / "copy.db", database)
    assert ids(database) == ["01", "02"]
    assert ids(aside) == ["01", "02", "03"]
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    engine = open_engine(sqlite_url(database))
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM scans").scalar() == 2
    engine.dispose()


def test_a_database_that_is_gone_is_restored(database, written, tmp_path):
    back_up(database, tmp_path / "copy.db")
    database.unlink()
    assert put_back(tmp_path / "copy.db", database) is None
    assert ids(database) == ["01", "02"]


@pytest.mark.parametrize("damage", ["cut", "text", "empty"])
def test_a_backup_that_is_none_replaces_nothing(database, written, tmp_path, damage):
    copy = tmp_path / "copy.db"
    back_up(database, copy)
    whole = copy.read_bytes()
    copy.write_bytes({"cut": whole[: len(whole) // 2], "text": b"no database" * 500, "empty": b""}[damage])
    with pytest.raises(BadBackup):
        put_back(copy, database)
    assert ids(database) == ["01", "02"]


def test_a_restore_that_is_ended_at_any_step_loses_no_committed_row(crashed, tmp_path):
    backup, folder = crashed
    for copy in ended_restores(backup, folder, tmp_path):
        asides = list(copy.glob("*.before-restore-1"))
        found = ids(copy / "results.db")
        assert found == ["01", "02", "03"] or asides, copy
        assert found in (["01", "02", "03"], ["01", "02"]), copy
        assert all(ids(path) == ["01", "02", "03"] for path in asides), copy
    assert found == ["01", "02"]


def test_a_damaged_database_is_set_aside_whenever_the_restore_is_ended(crashed, tmp_path):
    backup, folder = crashed
    garbage = b"no database" * 999
    (folder / "results.db").write_bytes(garbage)
    (folder / "results.db-wal").unlink()
    for copy in ended_restores(backup, folder, tmp_path):
        assert garbage in {path.read_bytes() for path in copy.iterdir()}, copy
    assert ids(copy / "results.db") == ["01", "02"]
    assert (copy / "results.db.before-restore-1").read_bytes() == garbage


def test_a_database_that_is_being_read_is_not_set_aside(crashed):
    backup, folder = crashed
    with closing(sqlite3.connect(folder / "results.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM scans").fetchone()
        with closing(sqlite3.connect(folder / "results.db")) as writer, writer:
            writer.execute("DELETE FROM scans WHERE scan_id LIKE '%02'")
        with pytest.raises(DatabaseUnavailable, match="read by another program"):
            put_back(backup, folder / "results.db")
    assert ids(folder / "results.db") == ["01", "03"]
    assert not list(folder.glob("*before*"))


def test_a_disk_without_room_for_the_backup_replaces_nothing(crashed):
    backup, folder = crashed
    with small_files(backup.stat().st_size // 2), pytest.raises(CannotCreateExport, match="Make room"):
        put_back(backup, folder / "results.db")
    assert ids(folder / "results.db") == ["01", "02", "03"]
    assert not [path for path in folder.iterdir() if "before" in path.name or path.name.startswith(".")]
