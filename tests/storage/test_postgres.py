import pytest
from sqlalchemy import text

from storage.errors import DatabaseNotUtf8, StorageError
from storage.postgres import refuse_encoding
from storage.translate import translated_errors


class Said:
    """A connection whose server said how it stores text."""

    def __init__(self, encoding):
        self.info = self
        self.encoding = encoding

    def parameter_status(self, _name):
        return self.encoding


def test_utf8_alone_holds_every_name():
    refuse_encoding(Said("UTF8"))
    for other in ("SQL_ASCII", "LATIN1", "EUC_JP", None):
        with pytest.raises(DatabaseNotUtf8, match="createdb --template=template0 --encoding=UTF8"):
            refuse_encoding(Said(other))


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
