from sqlalchemy import event

from storage.places import stored_rows, was_requeued
from tests.support.records import classified, digest, failed, scan_id


def test_every_row_comes_once_in_its_order_and_no_canary(engine, ledger, run_id):
    rows = [failed(number) for number in range(1250)]
    ledger.record(rows[:1000], run_id)
    ledger.record([failed(2000, is_canary=True, stored_path="")], run_id)
    ledger.record(rows[1000:], run_id)
    begun = []
    event.listen(engine, "begin", begun.append)

    found = list(stored_rows(engine))

    assert [row["scan_id"] for row in found] == [row.scan_id for row in rows]
    assert found[7]["stored_path"] == rows[7].stored_path
    assert found[7]["sha256"] == digest(7)
    assert len(begun) == 3


def test_no_connection_is_held_between_slices(engine, ledger, run_id):
    """Break it: read all rows by one statement; a reader keeps SQLite from writing its log back."""
    ledger.record([failed(number) for number in range(600)], run_id)
    rows = stored_rows(engine)
    next(rows)
    assert engine.pool.checkedout() == 0
    ledger.record([failed(700)], run_id)
    assert [row["scan_id"] for row in rows][-1] == scan_id(700)


def test_an_empty_database_names_no_file(engine):
    assert list(stored_rows(engine)) == []


def test_a_scan_that_became_another_is_known(engine, ledger, run_id):
    ledger.record([classified(1), classified(2, requeued_from=scan_id(1))], run_id)

    assert was_requeued(engine, scan_id(1))
    assert not was_requeued(engine, scan_id(2))
