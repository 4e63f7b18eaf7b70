from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from storage.errors import DatabaseUnavailable
from storage.translate import translated_errors
from storage.urls import is_sqlite


def test_ddl_that_is_rolled_back_leaves_nothing(empty_engine):
    with empty_engine.connect() as connection:
        connection.execute(text("CREATE TABLE first (x INTEGER)"))
        connection.execute(text("INSERT INTO first VALUES (1)"))
        connection.execute(text("CREATE TABLE second (x INTEGER)"))
        connection.rollback()

    with empty_engine.connect() as connection:
        assert connection.dialect.get_table_names(connection) == []


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
