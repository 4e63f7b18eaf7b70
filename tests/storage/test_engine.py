import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from storage import engine as module
from storage.engine import is_sqlite, mask_url, open_engine, sqlite_path, sqlite_url
from storage.errors import BadDatabaseUrl, DatabaseUnavailable, StorageError
from storage.translate import translated_errors
from tests.support.deadlines import scaled


@pytest.fixture
def opened():
    """Open engines that are closed at the end."""
    engines = []

    def open_one(url, **options):
        engines.append(open_engine(url, **options))
        return engines[-1]

    yield open_one
    for engine in engines:
        engine.dispose()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "results.db",
        "mysql://localhost/x",
        "postgresql+psycopg2://localhost/x",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory",
        "postgresql://host:port/x",
    ],
)
def test_a_url_that_cannot_work_is_refused(url):
    with pytest.raises(BadDatabaseUrl, match=r"sqlite:////path/results\.db") as raised:
        open_engine(url)

    assert raised.value.exit_code == 78


def test_a_bad_url_with_a_password_is_not_repeated():
    secret = "hunter" + "2"
    with pytest.raises(BadDatabaseUrl) as raised:
        open_engine(f"postgresql://user:{secret}@host:port/x")

    assert secret not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://u:secret@h/d", "postgres://u:***@h/d"),
        ("postgresql://h/d?password=secret&sslmode=require", "postgresql://h/d?password=***&sslmode=require"),
        ("postgresql://h/d?sslpassword=secret", "postgresql://h/d?sslpassword=***"),
        ("sqlite:////srv/results.db", "sqlite:////srv/results.db"),
    ],
)
def test_a_masked_url_shows_no_password(url, expected):
    assert expected == mask_url(url)


@pytest.mark.parametrize("name", ["results.db", "a b#c?d%20e.db", "größe.db"])
def test_any_path_makes_a_url_that_leads_back_to_it(tmp_path, name, opened):
    path = tmp_path / name

    url = sqlite_url(path)
    opened(url).connect().close()

    assert is_sqlite(url)
    assert path == sqlite_path(url)
    assert [name] == [entry.name for entry in tmp_path.iterdir() if entry.suffix == ".db"]


def test_postgres_urls_are_not_sqlite():
    assert not is_sqlite("postgres://host/database")


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


@pytest.mark.postgres
def test_postgres_sessions_are_durable_and_in_utc(postgres_server, opened):
    postgres_server.execute("ALTER ROLE postgres SET synchronous_commit = off")
    postgres_server.execute("ALTER ROLE postgres SET timezone = 'Asia/Kathmandu'")
    try:
        with opened(postgres_server.url().replace("postgresql:", "postgres:")).connect() as connection:
            found = [
                connection.exec_driver_sql(f"SHOW {name}").scalar()
                for name in ("synchronous_commit", "timezone", "application_name")
            ]
    finally:
        postgres_server.execute("ALTER ROLE postgres RESET ALL")

    assert found == ["on", "UTC", "inboxray"]


def test_ddl_that_is_rolled_back_leaves_nothing(empty_engine):
    with empty_engine.connect() as connection:
        connection.execute(text("CREATE TABLE first (x INTEGER)"))
        connection.execute(text("INSERT INTO first VALUES (1)"))
        connection.execute(text("CREATE TABLE second (x INTEGER)"))
        connection.rollback()

    with empty_engine.connect() as connection:
        assert connection.dialect.get_table_names(connection) == []


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


def test_threads_write_through_one_engine(empty_engine):
    with empty_engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (x INTEGER)"))

    def write(number):
        with empty_engine.begin() as connection:
            connection.execute(text("INSERT INTO t VALUES (:x)"), {"x": number})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(100)))

    with empty_engine.connect() as connection:
        assert list(range(100)) == sorted(connection.scalars(text("SELECT x FROM t")))


def test_readonly_cannot_write(database_url, empty_engine, opened):
    with empty_engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (x INTEGER)"))
    reader = opened(database_url, readonly=True)

    with (
        pytest.raises(DatabaseUnavailable),
        translated_errors("writing"),
        reader.begin() as connection,
    ):
        connection.execute(text("INSERT INTO t VALUES (1)"))


def test_a_reader_keeps_its_snapshot_and_does_not_stop_a_writer(database_url, empty_engine, opened):
    with empty_engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (x INTEGER)"))
    count = text("SELECT count(*) FROM t")

    reader = opened(database_url, readonly=True).execution_options(
        **({} if is_sqlite(database_url) else {"isolation_level": "REPEATABLE READ"})
    )
    with reader.connect() as reading:
        before = reading.scalar(count)
        with empty_engine.begin() as writing:
            writing.execute(text("INSERT INTO t VALUES (1)"))
        during = reading.scalar(count)
    with reader.connect() as reading:
        after = reading.scalar(count)

    assert (before, during, after) == (0, 0, 1)


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


@pytest.mark.postgres
def test_a_connection_that_died_in_the_pool_is_replaced(postgres_server, opened):
    url = postgres_server.create_database()
    engine = opened(url)
    engine.connect().close()

    postgres_server.stop(immediately=True)
    with pytest.raises(StorageError) as raised, translated_errors("asking"), engine.connect():
        pass
    postgres_server.start()
    with engine.connect() as connection:
        answer = connection.scalar(text("SELECT 1"))

    assert raised.value.retriable
    assert raised.value.exit_code == 69
    assert answer == 1
