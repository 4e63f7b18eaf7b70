"""Fault 64: the schema of an empty PostgreSQL database has views and tables of others.

Break it: let `storage.revision` take any table for one of an older inboxray: the daemon leaves with 78.
"""

import psycopg
import pytest

from tests.faults.conftest import CALM
from tests.support.daemons import inboxray
from tests.support.ledgers import assert_each_once
from tests.support.pictures import drop, png_bytes

pytestmark = pytest.mark.postgres

OTHERS = """
CREATE VIEW pg_stat_statements AS SELECT 1 AS calls;
CREATE TABLE pgbench_history (filler text);
CREATE MATERIALIZED VIEW daily AS SELECT 1 AS day;
"""


def test_64_what_others_keep_there_stops_no_daemon(postgres_server, tmp_path):
    spool, url = tmp_path / "spool", postgres_server.create_database()
    with psycopg.connect(url) as connection:
        connection.execute(OTHERS)
    drop(spool / "inbox" / "a.png", png_bytes(1))

    end = inboxray(spool, "once", database_url=url, **CALM)

    assert end.returncode == 0, end.stderr
    assert_each_once(spool, url, {"a.png": png_bytes(1)})
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT day FROM daily").fetchone() == (1,)
    postgres_server.drop_database(url)
