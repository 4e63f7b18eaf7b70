import sqlite3
import threading

import pytest
from sqlalchemy import exc, make_url, text

from storage.engine import open_engine
from storage.errors import DatabaseRefused, DatabaseUnavailable
from storage.ledger import Ledger, Question
from storage.translate import from_driver, translated_errors
from storage.upgrade import upgrade
from storage.urls import sqlite_url
from tests.support.deadlines import scaled
from tests.support.records import MODEL, RUN, classified

ONLY_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ONLY_POSTGRES = pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


def assert_nothing_is_lost(ledger, run_id, raised):
    """The error asks to try again, and trying again works."""
    assert raised.value.retriable
    assert raised.value.exit_code == 69
    ledger.record([classified(1)], run_id)
    assert len(ledger.find([classified(1).scan_id])) == 1


@ONLY_SQLITE
def test_a_full_disk_is_waited_for(engine, ledger, run_id):
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    many = [classified(number) for number in range(1000, 2000)]
    with pytest.raises(DatabaseUnavailable, match=r"SQLITE_FULL.*make room") as raised:
        ledger.record(many, run_id)

    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert_nothing_is_lost(ledger, run_id, raised)


@ONLY_SQLITE
def test_a_lock_that_outlasts_the_patience_is_waited_for(database_url, ledger, run_id):
    hasty = open_engine(database_url, busy_timeout_s=0.1)
    holder = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(DatabaseUnavailable, match="SQLITE_BUSY") as raised:
        Ledger(hasty).record([classified(1)], run_id)

    holder.close()
    hasty.dispose()
    assert_nothing_is_lost(ledger, run_id, raised)


@ONLY_SQLITE
def test_a_damaged_file_is_the_databases_fault(database_url, engine, ledger, run_id):
    ledger.record([classified(number) for number in range(64)], run_id)
    engine.dispose()
    with open(database_url.removeprefix("sqlite:///"), "r+b") as file:  # noqa: PTH123
        file.seek(4096)
        file.write(b"\xff" * 60_000)

    with pytest.raises(DatabaseUnavailable, match=r"CORRUPT|NOTADB"):
        ledger.record([classified(100)], run_id)


@ONLY_POSTGRES
def test_a_session_that_is_ended_is_opened_again(engine, ledger, run_id):
    with pytest.raises(DatabaseUnavailable) as raised, translated_errors("x"), engine.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    assert_nothing_is_lost(ledger, run_id, raised)


@ONLY_POSTGRES
def test_a_server_that_stops_is_waited_for(postgres_server, ledger, run_id):
    postgres_server.stop(immediately=True)
    try:
        with pytest.raises(DatabaseUnavailable, match="see that the server runs") as raised:
            ledger.record([classified(1)], run_id)
    finally:
        postgres_server.start()

    assert_nothing_is_lost(ledger, run_id, raised)


@ONLY_POSTGRES
def test_a_deadlock_is_tried_again(engine, ledger, run_id):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (x INTEGER PRIMARY KEY, y INTEGER)"))
        connection.execute(text("INSERT INTO t VALUES (1, 0), (2, 0)"))
    together = threading.Barrier(2)
    errors = []

    def update(first, second):
        try:
            with translated_errors("updating"), engine.begin() as connection:
                connection.execute(text("UPDATE t SET y = y + 1 WHERE x = :x"), {"x": first})
                together.wait(scaled(30))
                connection.execute(text("UPDATE t SET y = y + 1 WHERE x = :x"), {"x": second})
        except DatabaseUnavailable as error:
            errors.append(error)

    threads = [threading.Thread(target=update, args=args) for args in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(scaled(30))

    assert [error.retriable for error in errors] == [True]
    assert "40P01" in str(errors[0])


def test_a_table_that_is_gone_is_the_databases_fault(engine, ledger, run_id):
    with engine.begin() as connection:
        connection.execute(text("DROP VIEW results"))
        connection.execute(text("DROP TABLE predictions"))

    with pytest.raises(DatabaseUnavailable):
        ledger.record([classified(1)], run_id)


def test_a_read_only_database_is_the_databases_fault(database_url, engine, ledger, run_id):
    reader = open_engine(database_url, readonly=True)

    with pytest.raises(DatabaseUnavailable):
        Ledger(reader).record([classified(1)], run_id)
    reader.dispose()


def test_a_drivers_text_is_not_passed_on(engine, ledger, run_id):
    ledger.record([classified(1, patient_id="CANARY")], run_id)

    with (
        pytest.raises(DatabaseRefused) as raised,
        translated_errors("copying"),
        engine.begin() as connection,
    ):
        connection.execute(text("UPDATE scans SET outcome = :outcome"), {"outcome": "CANARY"})

    assert "CANARY" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_an_error_of_ours_passes_as_it_is():
    with pytest.raises(KeyError), translated_errors("anything"):
        raise KeyError


@pytest.mark.postgres
def test_two_engines_share_a_new_database(postgres_server, migrations, tmp_path):
    """The ledger is the same on both: what is recorded in one can be recorded in the other."""
    urls = (sqlite_url(tmp_path / "results.db"), postgres_server.create_database())
    for url in urls:
        engine = open_engine(url)
        upgrade(engine, migrations)
        ledger = Ledger(engine)
        ledger.register_model(MODEL)
        ledger.record([classified(1)], ledger.begin_run(RUN))
        assert len(ledger.ask(Question(sha256s=frozenset({classified(1).sha256 or ""}))).earlier) == 1
        engine.dispose()


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"database": "nobody_made_this"}, "no_such_database"),
        ({"username": "nobody"}, "no_such_user"),
        ({"host": "127.0.0.1", "port": 1}, "connection_refused"),
        ({"host": "nowhere.invalid", "port": 5432}, "unknown_host"),
    ],
)
def test_why_a_server_cannot_be_reached_is_named(postgres_server, wrong, reason):
    right = make_url(postgres_server.create_database())
    url = right.set(**wrong)
    if "host" in wrong:
        url = url.set(query={key: value for key, value in url.query.items() if key not in ("host", "port")})
    engine = open_engine(url.render_as_string(hide_password=False))
    with pytest.raises(DatabaseUnavailable) as caught:
        Ledger(engine).find(["x"])
    engine.dispose()
    assert caught.value.reason == reason
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("25006", "it is read-only"),
        ("42501", "lacks a right"),
        ("53100", "disk of its server is full"),
        ("53300", "no more connections"),
        ("57014", "statement_timeout"),
        ("57P01", "see that the server"),
    ],
)
def test_what_to_do_is_for_what_the_server_named(state, words):
    class RefusalError(Exception):
        sqlstate = state

    error = from_driver(exc.OperationalError("SELECT 1", {}, RefusalError()), "asking")
    assert isinstance(error, DatabaseUnavailable)
    assert error.reason == f"SQLSTATE_{state}"
    assert words in str(error)
