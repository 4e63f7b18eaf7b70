import sqlite3
from contextlib import closing

import pytest

from storage.errors import DatabaseUnavailable
from storage.upkeep import optimize
from tests.support.recorded import fill


@pytest.fixture
def source(tmp_path):
    fill(tmp_path / "spool")
    return tmp_path / "spool" / "results.db"


def test_upkeep_fills_the_statistics_that_the_planner_reads(source):
    optimize(source)
    with closing(sqlite3.connect(source)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_stat1").fetchone()[0] > 0


def test_upkeep_of_no_database_is_told(tmp_path):
    with pytest.raises(DatabaseUnavailable):
        optimize(tmp_path / "none.db")
