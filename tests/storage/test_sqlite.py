import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import pytest
from sqlalchemy import text

from storage import engine as module
from storage.engine import open_engine
from storage.errors import DatabaseUnavailable, NotADatabase
from storage.sqlite import refuse_other_file
from storage.translate import translated_errors
from storage.urls import sqlite_url
from tests.support.deadlines import scaled


def test_a_relative_path_does_not_follow_a_later_chdir(tmp_path, monkeypatch, opened):
    monkeypatch.chdir(tmp_path)
    engine = opened("sqlite:///results.db")
    monkeypatch.chdir("/")

    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (x INTEGER)"))

    assert (tmp_path / "results.db").stat().st_size > 0


def test_only_the_owner_may_read_the_files_of_sqlite(tmp_path, opened):
    before = os.umask(0)
    try:
        engine = opened(sqlite_url(tmp_path / "results.db"))
        with engine.connect() as connection:
            connection.execute(text("CREATE TABLE t (x INTEGER)"))
            connection.commit()
            modes = {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in tmp_path.iterdir()}
    finally:
        os.umask(before)

    assert modes == {"results.db": 0o600, "results.db-wal": 0o600, "results.db-shm": 0o600}


def test_sqlite_commits_are_durable_and_keys_enforced(tmp_path, opened):
    with opened(sqlite_url(tmp_path / "results.db")).connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }

    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


def test_a_writer_holds_the_lock_from_its_beginning(tmp_path, opened):
    url = sqlite_url(tmp_path / "results.db")
    engine = opened(url)
    other = sqlite3.connect(tmp_path / "results.db", timeout=0)

    with engine.begin(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.close()


def test_a_writer_waits_for_the_lock(tmp_path, opened):
    engine = opened(sqlite_url(tmp_path / "results.db"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (x INTEGER)"))
    other = sqlite3.connect(tmp_path / "results.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.5, lambda: other.execute("COMMIT"))

    began = time.monotonic()
    release.start()
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO t VALUES (1)"))
    waited = time.monotonic() - began
    release.join()
    other.close()

    assert waited > 0.4


def test_a_reader_sees_what_a_killed_writer_committed(tmp_path, opened):
    path = tmp_path / "results.db"
    program = (
        "import os, sys; from sqlalchemy import text; from storage.engine import open_engine\n"
        "with open_engine(sys.argv[1]).begin() as c: c.execute(text('CREATE TABLE t (x INTEGER)'))\n"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, sqlite_url(path)], check=False, cwd=module_root())

    assert path.with_name("results.db-wal").stat().st_size > 0
    with opened(sqlite_url(path), readonly=True).connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM t")) == 0


def module_root() -> Path:
    return Path(module.__file__).resolve().parents[1]


def test_readonly_creates_nothing(tmp_path):
    with pytest.raises(DatabaseUnavailable, match="No such file"):
        open_engine(sqlite_url(tmp_path / "results.db"), readonly=True)

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_made_is_an_error_that_says_why(tmp_path):
    with pytest.raises(DatabaseUnavailable, match="No such file or directory"):
        open_engine(sqlite_url(tmp_path / "missing" / "results.db"))


def test_a_file_that_vanished_is_not_made_anew(tmp_path, opened):
    engine = opened(sqlite_url(tmp_path / "results.db"))
    (tmp_path / "results.db").unlink()

    with pytest.raises(DatabaseUnavailable), translated_errors("connecting"), engine.connect():
        pass

    assert list(tmp_path.iterdir()) == []


def test_many_open_a_new_database_at_once(tmp_path):
    url = sqlite_url(tmp_path / "results.db")
    together = threading.Barrier(8)

    def open_one(number):
        engine = open_engine(url)
        together.wait(scaled(30))
        with engine.begin() as connection:
            connection.execute(text(f"CREATE TABLE t{number} (x INTEGER)"))
        engine.dispose()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(open_one, range(8)))

    with sqlite3.connect(tmp_path / "results.db") as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (8,)
    connection.close()


@pytest.mark.parametrize(
    ("content", "is_refused"),
    [(b"Nothing of a database.", True), (b"SQL", True), (b"", False), (None, False), ("folder", True)],
    ids=["text", "short", "empty", "absent", "a folder"],
)
def test_what_can_never_become_the_database_is_refused(tmp_path, content, is_refused):
    path = tmp_path / "results.db"
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(NotADatabase, match="database_url") if is_refused else nullcontext():
        refuse_other_file(path)


def test_a_database_is_not_refused(tmp_path, opened):
    with opened(sqlite_url(tmp_path / "results.db")).begin() as connection:
        connection.execute(text("CREATE TABLE t (x INTEGER)"))
    refuse_other_file(tmp_path / "results.db")


def test_a_database_that_another_process_makes_just_now_is_not_refused(tmp_path):
    """Break it: ask whether it is a file, then whether it is there. What starts beside a reader ends."""
    path, ended = tmp_path / "results.db", threading.Event()

    def make_and_remove():
        while not ended.is_set():
            path.touch()
            path.unlink()

    other = threading.Thread(target=make_and_remove)
    other.start()
    try:
        for _ in range(3000):
            refuse_other_file(path)
    finally:
        ended.set()
        other.join()
