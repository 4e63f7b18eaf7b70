"""What `config check` says of a database before a daemon tries it."""

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from storage.engine import open_engine
from storage.errors import DatabaseUnavailable, MissingPrivileges, SchemaNotAtHead
from storage.readiness import examine
from storage.revision import head
from storage.upgrade import upgrade
from storage.urls import sqlite_url

ROLES = (Path(__file__).resolve().parents[2] / "systemd" / "postgresql-roles.sql").read_text()


def test_an_empty_one_and_one_at_head_are_ready(database_url, empty_engine, migrations):
    assert "is empty" in examine(database_url, migrations)
    upgrade(empty_engine, migrations)
    assert head(migrations) in examine(database_url, migrations)


def test_a_file_that_is_not_there_is_not_made(tmp_path, migrations):
    assert "is not there yet" in examine(sqlite_url(tmp_path / "results.db"), migrations)
    assert list(tmp_path.iterdir()) == []


def test_one_of_another_version_is_refused(database_url, engine, migrations):
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaNotAtHead, match="newer version"):
        examine(database_url, migrations)


def test_a_server_that_does_not_answer_is_named(migrations):
    with pytest.raises(DatabaseUnavailable, match="connection_refused"):
        examine("postgresql://postgres@127.0.0.1:1/x", migrations)


@pytest.mark.postgres
def test_rights_that_a_daemon_needs_are_asked_for(postgres_server, migrations):
    url = postgres_server.create_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(ROLES)
        reader, writer, owner = (
            make_url(url).set(username=f"inboxray_{role}").render_as_string(hide_password=False)
            for role in ("reader", "writer", "owner")
        )
        with pytest.raises(MissingPrivileges, match="CREATE on the schema"):
            examine(writer, migrations)
        engine = open_engine(owner)
        upgrade(engine, migrations)
        engine.dispose()
        connection.execute(ROLES)
        assert "is at revision" in examine(writer, migrations)
        connection.execute("REVOKE INSERT ON scans FROM inboxray_writer")
        connection.execute("REVOKE ALL ON reviews FROM inboxray_writer")
        connection.execute("REVOKE UPDATE (ended_at) ON runs FROM inboxray_writer")
        with pytest.raises(
            MissingPrivileges,
            match=r"INSERT on scans, SELECT on reviews, INSERT on reviews, UPDATE \(ended_at\) on runs",
        ):
            examine(writer, migrations)
        with pytest.raises(DatabaseUnavailable):
            examine(reader, migrations)  # it may not even ask for the revision
    postgres_server.drop_database(url)
