import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from storage.errors import DatabaseRefused
from storage.indexes import INDEXES
from storage.schema import METADATA
from storage.translate import translated_errors
from storage.vocabulary import DECISIONS, FAILED_CODES, OUTCOMES, REJECTED_CODES
from tests.support.records import classified, failed, scan_id


def test_the_revisions_make_what_the_schema_declares(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def constraints(engine):
    """Return the name of each constraint and index, and the SQL of each CHECK as the database tells it."""
    found = {}
    with engine.connect() as connection:
        inspector = inspect(connection)
        for table in METADATA.tables:
            for check in inspector.get_check_constraints(table):
                found[check["name"]] = " ".join(check["sqltext"].split())
            for key in inspector.get_foreign_keys(table):
                found[key["name"]] = (key["constrained_columns"], key["referred_table"])
            for unique in inspector.get_unique_constraints(table):
                found[unique["name"]] = unique["column_names"]
            for index in inspector.get_indexes(table):
                found[index["name"]] = index["column_names"]
    return found


def test_the_constraints_of_revisions_and_schema_are_the_same(engine):
    migrated = constraints(engine)
    with engine.begin() as connection:
        connection.execute(text("DROP VIEW results"))
        METADATA.drop_all(connection)
        METADATA.create_all(connection)

    assert migrated == constraints(engine)
    assert {index.name for index in INDEXES} <= migrated.keys()
    assert None not in migrated


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_times_in_sqlite_are_text_in_one_form(engine, ledger, run_id):
    ledger.record([classified(1)], run_id)

    with engine.connect() as connection:
        found = connection.scalar(text("SELECT finished_at FROM results"))

    assert found == "2026-11-23T12:00:01.250000Z"


def write(engine, table, **changed):
    """Change one row by SQL, as somebody past the ledger would."""
    assignments = ", ".join(f"{name} = :{name}" for name in changed)
    with translated_errors("writing"), engine.begin() as connection:
        connection.execute(text(f"UPDATE {table} SET {assignments}"), changed)  # noqa: S608


NOT_CLASSIFIED = {"decision": None, "probability": None, "score": None}


@pytest.mark.parametrize(
    "changed",
    [
        {"outcome": "done"},
        {"decision": "maybe"},
        {"decision": None},
        {"probability": None},
        {"score": None},
        {"model_id": None},
        {"error_code": "truncated"},
        {"probability": 1.5},
        {"score": -0.1},
        {"outcome": "failed"},
        {"outcome": "failed", **NOT_CLASSIFIED},
        {"outcome": "failed", "error_code": "no_image", **NOT_CLASSIFIED},
        {"outcome": "rejected", "error_code": "truncated", **NOT_CLASSIFIED},
        {"outcome": "rejected", "error_code": None, **NOT_CLASSIFIED},
        {"outcome": "failed", "error_code": "made_up", **NOT_CLASSIFIED},
        {"outcome": "failed", "error_code": "truncated", **NOT_CLASSIFIED, "decision": "fractured"},
        {"sha256": "abc"},
        {"scan_id": "abc"},
        {"stored_path": None},
    ],
)
def test_a_row_that_contradicts_itself_is_refused(engine, ledger, run_id, changed):
    ledger.record([classified(1)], run_id)

    with pytest.raises(DatabaseRefused):
        write(engine, "scans", **changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"frame": 0},
        {"decision": "maybe"},
        {"score": 1.01},
        {"probability": -0.01},
        {"logit": float("inf")},
        {"distance": float("inf")},
        {"heat_map": b"short"},
    ],
)
def test_a_prediction_that_cannot_be_is_refused(engine, ledger, run_id, changed):
    ledger.record([classified(1)], run_id)

    with pytest.raises(DatabaseRefused):
        write(engine, "predictions", **changed)


def test_every_documented_word_is_allowed(engine, ledger, run_id):
    codes = [("rejected", code) for code in REJECTED_CODES] + [("failed", code) for code in FAILED_CODES]
    scans = [failed(number, code, outcome=outcome) for number, (outcome, code) in enumerate(codes)]
    scans += [classified(100 + number, decision=decision) for number, decision in enumerate(DECISIONS)]

    ledger.record(scans, run_id)

    assert len(scans) == len(ledger.find(scan_id(number) for number in range(200)))
    assert {scan.outcome for scan in scans} == set(OUTCOMES)
