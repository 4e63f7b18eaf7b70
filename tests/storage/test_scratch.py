"""A database for a trial: nobody's rows are in it, before and after."""

import pytest
from sqlalchemy import inspect, text

from storage.engine import open_engine
from storage.errors import DatabaseUnavailable
from storage.ledger import Ledger
from storage.scratch import NotScratch, drop_scratch, make_scratch, schema_of
from storage.upgrade import upgrade
from storage.urls import is_sqlite, sqlite_url
from tests.support.ports import free_port
from tests.support.records import RUN


def test_a_scratch_database_can_be_used_and_is_gone_afterwards(database_url, migrations):
    scratch = make_scratch(database_url)
    engine = open_engine(scratch)
    upgrade(engine, migrations)
    assert Ledger(engine).begin_run(RUN) == 1
    engine.dispose()

    drop_scratch(scratch)

    if not is_sqlite(database_url):
        engine = open_engine(database_url)
        assert not [name for name in inspect(engine).get_schema_names() if name.startswith("inboxray_soak")]
        engine.dispose()
    else:
        assert make_scratch(database_url) == database_url


def test_a_sqlite_file_that_is_there_is_refused(tmp_path):
    path = tmp_path / "results.db"
    path.touch()
    with pytest.raises(NotScratch, match="may hold rows"):
        make_scratch(sqlite_url(path))
    path.rename(tmp_path / "results.db-wal")
    with pytest.raises(NotScratch, match="may hold rows"):
        make_scratch(sqlite_url(path))


@pytest.mark.postgres
def test_tables_of_others_in_the_same_server_are_not_seen(postgres_server, migrations):
    """Break it: leave `search_path` out of the URL."""
    url = postgres_server.create_database()
    engine = open_engine(url)
    upgrade(engine, migrations)
    Ledger(engine).begin_run(RUN)
    scratch = make_scratch(f"{url}?options=-cstatement_timeout%3D60000")
    other = open_engine(scratch)
    with other.connect() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == "1min"
        assert connection.scalar(text("SELECT current_schema()")) == schema_of(scratch)
        assert inspect(connection).get_table_names() == []
    other.dispose()
    drop_scratch(scratch)

    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM runs")) == 1
    engine.dispose()
    postgres_server.drop_database(url)


@pytest.mark.postgres
def test_who_may_make_no_schema_is_told_so(postgres_server):
    url = postgres_server.create_database()
    name = url.rpartition("/")[2]
    postgres_server.execute(f"CREATE ROLE {name}_guest LOGIN")
    try:
        with pytest.raises(NotScratch, match="GRANT CREATE ON DATABASE"):
            make_scratch(url.replace("postgres@", f"{name}_guest@"))
    finally:
        postgres_server.drop_database(url)
        postgres_server.execute(f"DROP ROLE {name}_guest")


def test_a_server_that_is_away_is_told_so():
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    with pytest.raises(DatabaseUnavailable):
        make_scratch(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")
