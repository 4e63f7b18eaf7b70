"""Fault 62: a database that stores text in another encoding than UTF-8, or a client that is set to another.

Break it: leave `refuse_encoding` out of `storage.postgres`, or `client_encoding` out of its connections; let
`Recorder.ask` pass on what the database refuses.
"""

import pytest

from storage.engine import open_engine
from tests.faults.conftest import CALM
from tests.support.daemons import inboxray
from tests.support.failing import Point
from tests.support.ledgers import scans
from tests.support.pictures import drop, png_bytes

pytestmark = pytest.mark.postgres

NAMES = ["Ręka.png", "手.png", "Hånd.png", "хирург.png", "plain.png"]
NO_LOOK = [(Point("storage.postgres", "refuse_encoding"), "SKIP", {})]
"""A daemon that does not look at the encoding: as if it had changed while the daemon ran."""


@pytest.fixture
def database(postgres_server):
    made = []

    def make(encoding):
        made.append(postgres_server.create_database(encoding))
        return made[-1]

    yield make
    for url in made:
        postgres_server.drop_database(url)


@pytest.fixture
def spool(tmp_path):
    """A spool with five files."""
    for number, name in enumerate(NAMES):
        drop(tmp_path / "spool" / "inbox" / name, png_bytes(number))
    return tmp_path / "spool"


@pytest.mark.parametrize("encoding", ["LATIN1", "WIN1252", "SQL_ASCII"])
def test_62_a_database_that_is_not_utf8_is_refused(spool, database, encoding):
    url = database(encoding)
    for command in (["once"], ["config", "check"], ["db", "upgrade"]):
        end = inboxray(spool, *command, database_url=url, **CALM)
        assert end.returncode == 78, end.stderr
        assert f"stores text as {encoding}" in end.stderr
        assert "createdb --template=template0 --encoding=UTF8" in end.stderr
    assert sorted(path.name for path in (spool / "inbox").iterdir()) == sorted(NAMES)


def test_62_the_way_out_that_the_message_names_takes_the_rows_along(spool, database, zygote):
    old, new = database("LATIN1"), database("UTF8")
    assert zygote.once(spool, database_url=old, faults=NO_LOOK, **CALM) == 0
    end = inboxray(spool, "db", "copy", new, database_url=old)
    assert end.returncode == 0, end.stderr
    assert scans(new) == scans(old)


@pytest.mark.parametrize("where", ["variable", "url", "role"])
def test_62_our_side_speaks_utf8_whatever_is_set(spool, database, monkeypatch, postgres_server, where):
    url = database("UTF8")
    if where == "variable":
        monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    elif where == "url":
        url += "?client_encoding=latin1"
    else:
        postgres_server.execute("ALTER ROLE postgres SET client_encoding = 'LATIN1'")
    try:
        end = inboxray(spool, "once", database_url=url, **CALM)
        assert end.returncode == 0, end.stderr
        assert sorted(row["source_name"] for row in scans(url)) == sorted(NAMES)
        end = inboxray(spool, "results", "--format", "csv", database_url=url)
        assert all(name in end.stdout for name in NAMES)
    finally:
        postgres_server.execute("ALTER ROLE postgres RESET client_encoding")


@pytest.mark.parametrize("encoding", ["LATIN1", "WIN1252"])
def test_62_a_name_that_the_database_refuses_costs_its_own_row_alone(spool, database, zygote, encoding):
    """The look-up of its place is refused, then its row, then its stand-in."""
    url = database(encoding)
    assert zygote.once(spool, database_url=url, faults=NO_LOOK, **CALM) == 0
    found = {row["source_name"]: row["error_code"] or row["outcome"] for row in scans(url)}
    assert found == {
        "plain.png": "classified",
        "Hånd.png": "classified",
        "R%C4%99ka.png": "unrecordable",
        "%E6%89%8B.png": "unrecordable",
        "%D1%85%D0%B8%D1%80%D1%83%D1%80%D0%B3.png": "unrecordable",
    }
    kept = [path.name for path in spool.glob("*/*/*.png")]
    assert sorted(kept) == sorted(NAMES)
    assert inboxray(spool, "db", "check", database_url=url).returncode == 0


def test_62_what_can_be_written_can_be_looked_into(database):
    """A reader needs no UTF-8: `db copy` reads the old database."""
    engine = open_engine(database("SQL_ASCII"), readonly=True)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW client_encoding").scalar() == "UTF8"
    engine.dispose()
