import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from storage.engine import open_engine
from storage.errors import DatabaseUnavailable
from storage.filters import Filters
from storage.ledger import Ledger
from storage.queries import Count, counts, results
from storage.results_view import RESULT_COLUMNS
from tests.support.deadlines import scaled
from tests.support.records import NOON, classified, failed, scan_id


@pytest.fixture
def filled(engine, ledger, run_id):
    """Six scans, recorded in an order that is not that of their ids."""
    ledger.record(
        [
            classified(5, modality="CR", patient_id="p1"),
            classified(1, decision="uncertain", patient_id="p1", study_instance_uid="1.2.3"),
            failed(2),
            failed(3, "no_image", outcome="rejected", modality="SR"),
            classified(4, decision="not_fractured", probability=0.01),
            classified(6, duplicate_of=scan_id(5), requeued_from=scan_id(2)),
        ],
        run_id,
    )
    return engine


def test_rows_are_those_of_the_view(filled):
    with filled.connect() as connection:
        view = connection.execute(text("SELECT scan_id, model, probability FROM results")).all()

    rows = list(results(filled))

    assert {tuple(row) == RESULT_COLUMNS for row in rows} == {True}
    assert {(row["scan_id"], row["model"], row["probability"]) for row in rows} == set(view)
    assert rows[0]["model"] == "inboxray-test@1.0.0"
    assert rows[2]["model"] is None
    assert rows[0]["finished_at"] == NOON + timedelta(seconds=5.25)


def test_closing_gives_the_connection_back(filled):
    rows = results(filled)
    next(rows)
    assert filled.pool.checkedout() == 1

    rows.close()

    assert filled.pool.checkedout() == 0


def test_rows_are_one_snapshot_while_the_daemon_writes(database_url, engine, ledger, run_id):
    ledger.record([classified(number) for number in range(1200)], run_id)
    reader = open_engine(database_url, readonly=True)

    rows = results(reader)
    first = next(rows)
    ledger.record([classified(5000)], run_id)
    rest = list(rows)

    assert [first["scan_id"], *(row["scan_id"] for row in rest)] == [
        scan_id(number) for number in range(1200)
    ]
    assert len(list(results(reader, Filters(decision="fractured")))) == 1201
    reader.dispose()


def test_reading_and_writing_at_once(database_url, engine, ledger, run_id):
    reader = open_engine(database_url, readonly=True)
    stop = threading.Event()
    seen = []

    def read():
        while not stop.is_set():
            seen.append(len(list(results(reader))))

    thread = threading.Thread(target=read)
    thread.start()
    try:
        for start in range(0, 320, 16):
            ledger.record([classified(number) for number in range(start, start + 16)], run_id)
    finally:
        stop.set()
        thread.join(scaled(30))

    assert seen == sorted(seen)
    assert {length % 16 for length in seen} <= {0}
    assert len(list(results(reader))) == 320
    reader.dispose()


def test_counts(filled):
    assert counts(filled) == (
        Count("classified", None, "fractured", 2),
        Count("classified", None, "not_fractured", 1),
        Count("classified", None, "uncertain", 1),
        Count("failed", "truncated", None, 1),
        Count("rejected", "no_image", None, 1),
    )


def test_what_was_requeued_and_answered_is_not_current(filled):
    """Break it: count all rows. A failure that was mended counts for ever."""
    assert counts(filled, only_current=True) == (
        Count("classified", None, "fractured", 2),
        Count("classified", None, "not_fractured", 1),
        Count("classified", None, "uncertain", 1),
        Count("rejected", "no_image", None, 1),
    )


def test_nothing_is_counted_in_an_empty_database(engine):
    assert counts(engine) == ()
    assert list(results(engine)) == []


def test_a_database_without_tables_is_an_error_of_ours(empty_engine):
    with pytest.raises(DatabaseUnavailable):
        list(results(empty_engine))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_questions_use_their_indexes(database_url, engine):
    ledger = Ledger(engine)
    ledger.find([])
    for where, index in {
        "finished_at >= '2026'": "ix_scans_finished_at",
        "patient_id = 'x'": "ix_scans_patient_id",
        "decision = 'x'": "ix_scans_decision",
    }.items():
        with engine.connect() as connection:
            query = f"EXPLAIN QUERY PLAN SELECT * FROM results WHERE {where}"  # noqa: S608
            plan = " ".join(row.detail for row in connection.execute(text(query)))
        assert index in plan, where
