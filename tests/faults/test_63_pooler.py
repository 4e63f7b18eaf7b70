"""Fault 63: between daemon and server is a pooler that gives one session to several programs in turn.

Break it: set something of the session in `storage.postgres`, such as ``default_transaction_read_only`` for
readers or ``synchronous_commit`` once; or let psycopg prepare statements.
"""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from storage.engine import for_questions, open_engine
from storage.ping import ping
from tests.faults.conftest import CALM
from tests.support.daemons import inboxray
from tests.support.ledgers import assert_each_once, scans
from tests.support.pgbouncer import pgbouncer
from tests.support.pictures import drop, png_bytes
from tests.support.waiting import wait_until

pytestmark = pytest.mark.postgres

FILES = 120


@pytest.fixture
def database(postgres_server):
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)


def test_63_a_daemon_and_its_readers_share_two_sessions(zygote, postgres_server, database, tmp_path):
    spool = tmp_path / "spool"
    named = {f"{number}.png": png_bytes(number) for number in range(FILES)}
    with pgbouncer(postgres_server) as pooler:
        url = pooler.url(database)
        pid = zygote.start(spool, "run", database_url=url, batch_size=4, **CALM)
        wait_until((spool / ".status.json").exists, timeout_s=60, what="the daemon")
        wait_until(lambda: has_tables(database), timeout_s=60, what="its tables")
        for name, data in named.items():
            drop(spool / "inbox" / name, data)
            if int(name.partition(".")[0]) % 10 == 0:
                ping(url)
                end = inboxray(spool, "results", "--format", "csv", database_url=url)
                assert end.returncode == 0, end.stderr
        wait_until(lambda: len(scans(database)) == FILES, timeout_s=120, what="every row")
        wait_until(lambda: not list((spool / "claimed").iterdir()), timeout_s=30, what="every move")
        assert inboxray(spool, "db", "check", "--deep", database_url=url).returncode == 0
        os.kill(pid, signal.SIGTERM)
        assert zygote.wait() == 0
    assert_each_once(spool, database, named)
    assert "intake_paused" not in (tmp_path / "spool.log").read_text()


def has_tables(url):
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT to_regclass('results') IS NOT NULL").fetchone()[0]


def test_63_every_commit_is_durable_and_nothing_is_left_in_a_session(postgres_server, database):
    """The pooler's own sessions are neither durable nor in UTC."""
    sets = "SET synchronous_commit = off; SET timezone = ''Asia/Kathmandu''"
    asked = "SELECT current_setting('synchronous_commit'), current_setting('TimeZone')"
    with pgbouncer(postgres_server, connect_query=sets) as pooler:
        url = pooler.url(database)
        engine, reader = open_engine(url), open_engine(url, readonly=True)

        def settings(one):
            with one.begin() as connection:
                connection.exec_driver_sql("SELECT pg_sleep(0.01)")
                return tuple(connection.exec_driver_sql(asked).one())

        with ThreadPoolExecutor(6) as threads:
            found = set(threads.map(settings, [engine, reader, for_questions(engine)] * 20))
        assert found == {("on", "UTC")}
        with psycopg.connect(url, autocommit=True, prepare_threshold=None) as connection:
            left = {
                connection.execute(f"SHOW {name}").fetchone()[0]
                for name in ("synchronous_commit", "default_transaction_read_only")
                for _ in range(20)
            }
            prepared = connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()[0]
        assert left == {"off"}
        assert prepared == 0
        engine.dispose()
        reader.dispose()


def test_63_what_waits_for_a_standby_still_does(postgres_server, database):
    engine = open_engine(database)
    postgres_server.execute("ALTER ROLE postgres SET synchronous_commit = remote_apply")
    try:
        with engine.begin() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "remote_apply"
    finally:
        postgres_server.execute("ALTER ROLE postgres RESET synchronous_commit")
        engine.dispose()
