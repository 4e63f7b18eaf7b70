"""What a daemon recorded, on either engine, and whether it agrees with the spool."""

from collections import Counter
from contextlib import contextmanager

from storage.engine import open_engine
from storage.urls import sqlite_url
from tests.support.daemons import files
from tests.support.tally import tally
from tests.support.waiting import wait_until


@contextmanager
def opened(url):
    """Open a database to look at it."""
    engine = open_engine(url, readonly=True)
    try:
        yield engine
    finally:
        engine.dispose()


def scans(url):
    """Give the rows of `scans` in the order of recording."""
    with opened(url) as engine, engine.connect() as connection:
        answer = connection.exec_driver_sql("SELECT * FROM scans ORDER BY seq")
        return [dict(row) for row in answer.mappings()]


def own_database(spool):
    """Give the URL of the spool's own SQLite."""
    return sqlite_url(spool / "results.db")


def assert_each_once(spool, url, named):
    """Expect one row and one stored file for each arrival, nothing claimed, and nothing in the inbox.

    Parameters
    ----------
    spool : Path
    url : str
    named : dict of bytes by str
        Everything that ever arrived, by its path below the inbox.
    """
    wait_until(lambda: not list((spool / "claimed").iterdir()), what="claimed/ to be empty")
    recorded = scans(url)
    found = Counter(row["source_name"] for row in recorded)
    lost, twice = len(set(named) - set(found)), sum(number - 1 for number in found.values())
    tally(str(spool), len(named), lost, twice)
    assert (sorted(set(named) - set(found)), {name: n for name, n in found.items() if n > 1}) == ([], {})
    assert set(found) == set(named)
    for row in recorded:
        assert (spool / row["stored_path"]).read_bytes() == named[row["source_name"]]
    assert files(spool / "inbox") == []
    stored = [
        path for path in files(spool / "done") + files(spool / "failed") if path.suffixes[-2:] != REASON
    ]
    assert len(stored) == len(named)


REASON = [".reason", ".json"]
