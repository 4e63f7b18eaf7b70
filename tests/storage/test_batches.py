"""Batches on SQLite and on PostgreSQL: what the rows are, by column."""

from storage import batches as ours
from storage.batches import new_batches, result_batches
from storage.filters import Filters
from storage.queries import results
from storage.recorded_since import BEGINNING, new_rows
from storage.reviews import add_review
from storage.times import utc_moment
from tests.support.batches import rows_of
from tests.support.records import classified, failed, scan_id

TIMES = ("received_at", "finished_at")


def rows(found):
    return [row | {name: utc_moment(row[name]) for name in TIMES} for row in rows_of(found)]


def test_they_are_the_rows_of_the_view(engine, ledger, run_id, monkeypatch):
    """Break it: leave codes as the JSON that the table holds."""
    monkeypatch.setattr(ours, "ROWS_A_BATCH", 2)
    warned = classified(2, warnings=("half_size", "pixels_not_square"))
    ledger.record([classified(1), warned, failed(3), classified(4, requeued_from=scan_id(3))], run_id)
    ledger.record([classified(5, is_canary=True), classified(6)], run_id)
    add_review(engine, scan_id(2), "agree", "anna")
    expected = [dict(row) for row in results(engine)]
    assert [row["warnings"] for row in expected][1] == "half_size;pixels_not_square"
    assert rows(result_batches(engine, Filters())) == expected
    assert rows(new_batches(engine, new_rows(engine, BEGINNING))) == expected


def test_of_no_row_there_is_no_batch(engine):
    assert list(result_batches(engine, Filters())) == []
