from sqlalchemy import select

from storage.schema import SCANS
from storage.unindexed import unindexed


def plan(engine, column):
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    statement = select(SCANS.c.source_name).where(column == "x").compile(engine)
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        found = connection.exec_driver_sql(explain + str(statement), next(iter(given(engine, statement))))
        return " ".join(str(row) for row in found)


def given(engine, statement):
    yield tuple(statement.params.values()) if engine.dialect.name == "sqlite" else statement.params


def test_sqlite_does_not_look_by_the_column_and_postgresql_may(engine):
    """Break it: leave the plus away: SQLite then takes the index of a column that half of the rows have."""
    assert "ix_scans_patient_id" in plan(engine, SCANS.c.patient_id)
    is_sqlite = engine.dialect.name == "sqlite"
    assert ("ix_scans_patient_id" in plan(engine, unindexed(SCANS.c.patient_id))) is not is_sqlite
