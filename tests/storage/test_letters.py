import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import func, select
from sqlalchemy.dialects import sqlite

from storage.engine import open_engine
from storage.filters import Filters
from storage.letters import is_same_text
from storage.queries import results
from storage.results_view import RESULTS
from tests.support.records import classified


@pytest.fixture
def filled(engine, ledger, run_id):
    ledger.record(
        [
            classified(
                1,
                source_name="Station/MÜLLER 50%_a.dcm",
                accession_number="Ä1",
                manufacturer="Geräte AG",
                device="1" * 12,
            ),
            classified(
                2,
                source_name="ward/b.dcm",
                accession_number="a1",
                station_name="GERÄTE_2",
                device="2" * 12,
                region="hand",
            ),
            classified(
                3,
                source_name="ward/c.dcm",
                accession_number=None,
                manufacturer_model_name="Žofín",
                device="3" * 12,
            ),
            classified(4, source_name="ΛΣΔ DİŞ.dcm", accession_number=None, device="4" * 12),
        ],
        run_id,
    )
    return engine


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"name": "müller"}, [1]),
        ({"name": "MÜLLER 50%_A"}, [1]),
        ({"name": "müller_50"}, []),
        ({"name": "muller"}, []),
        ({"device": "geräte"}, [1, 2]),
        ({"device": "GERÄTE_"}, [2]),
        ({"device": "žOFÍN"}, [3]),
        ({"device": "geräte/"}, []),
        ({"name": "ΛΣ"}, [4]),
        ({"name": "λσδ"}, [4]),
        ({"name": "DİŞ"}, [4]),
        ({"name": "diş"}, [4]),
        ({"accession": "Ä1"}, [1]),
        ({"accession": "ä1"}, [1]),
        ({"accession": "A1"}, [2]),
        ({"accession": "Ä"}, []),
    ],
    ids=str,
)
@pytest.mark.parametrize("readonly", [False, True])
def test_letters_beyond_ascii_are_found_in_capitals_or_not(filled, database_url, filters, expected, readonly):
    """Break it: take the small letters from Python. SQLite finds not the exact text even."""
    reader = open_engine(database_url, readonly=readonly)
    found = [int(row["scan_id"][-12:], 16) for row in results(reader, Filters(**filters))]
    reader.dispose()
    assert found == expected


def test_a_text_of_ascii_is_compared_by_what_an_index_may_be_on():
    def sql(clause):
        return str(clause.compile(compile_kwargs={"literal_binds": True}, dialect=sqlite.dialect()))

    column = RESULTS.c.accession_number
    assert sql(is_same_text(column, "A1")) == sql(func.lower(column) == func.lower("A1"))
    assert "inboxray_lower" in sql(is_same_text(column, "Ä1"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_other_programs_open_the_database_as_before(filled, database_url, tmp_path):
    """Nothing in the schema needs our function, and `lower` is SQLite's own."""
    with filled.connect() as connection:
        assert connection.scalar(select(func.lower("Ä"))) == "Ä"
    with closing(sqlite3.connect(tmp_path / "results.db")) as other:
        schema = " ".join(
            sql for (sql,) in other.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
        )
        assert "inboxray_lower" not in schema
        assert other.execute(
            "SELECT count(*) FROM scans WHERE lower(accession_number) = 'a1'"
        ).fetchone() == (1,)
