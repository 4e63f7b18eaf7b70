"""On both engines; what only PostgreSQL has, transactions that write at once, there alone."""

import json

import pytest
from sqlalchemy import text

from storage.engine import open_engine
from storage.filters import Filters
from storage.ledger import Ledger
from storage.recorded_since import (
    BEGINNING,
    MOST_GAPS,
    Mark,
    as_plain,
    from_plain,
    mark_now,
    new_rows,
    rows_of,
    still_holds,
)
from storage.upgrade import upgrade
from tests.support.records import RUN, classified, failed, scan_id


def numbers(engine, new, filters=None):
    return [int(row["scan_id"][-12:], 16) for row in rows_of(engine, new, filters)]


def test_each_row_is_new_once(engine, ledger, run_id):
    assert new_rows(engine, BEGINNING).spans == ()
    ledger.record([classified(2), classified(1)], run_id)
    first = new_rows(engine, BEGINNING)
    assert numbers(engine, first) == [2, 1]
    assert new_rows(engine, first.mark).spans == ()
    ledger.record([failed(3), classified(4, is_canary=True)], run_id)
    second = new_rows(engine, first.mark)
    assert numbers(engine, second) == [3]
    assert new_rows(engine, second.mark).spans == ()


def test_many_rows_can_be_taken_some_at_a_time(engine, ledger, run_id):
    """Break it: take the mark of the last row. What lies between is never new again."""
    ledger.record([classified(number) for number in range(1, 8)], run_id)
    mark, taken = BEGINNING, []
    while (new := new_rows(engine, mark, 3)).mark != mark:
        taken.append(numbers(engine, new))
        mark = new.mark
    assert taken == [[1, 2, 3], [4, 5, 6], [7]]


def test_a_mark_is_written_and_read():
    mark = Mark(7, scan_id(7), ((2, 3), (5, 5)))
    assert from_plain(json.loads(json.dumps(as_plain(mark)))) == mark


def test_a_row_that_comes_between_looking_and_reading_belongs_to_the_next(engine, ledger, run_id):
    """Break it: read all rows behind the mark."""
    ledger.record([classified(1)], run_id)
    new = new_rows(engine, BEGINNING)
    ledger.record([classified(2)], run_id)
    assert numbers(engine, new) == [1]
    assert numbers(engine, new_rows(engine, new.mark)) == [2]


def test_who_begins_now_gets_none_of_what_stands(engine, ledger, run_id):
    ledger.record([classified(1)], run_id)
    mark = mark_now(engine)
    ledger.record([classified(2), failed(3)], run_id)
    assert numbers(engine, new_rows(engine, mark), Filters(outcome="failed")) == [3]


def test_another_database_is_known_by_its_row(engine, ledger, run_id):
    ledger.record([classified(1)], run_id)
    mark = mark_now(engine)
    assert still_holds(engine, mark)
    assert still_holds(engine, BEGINNING)
    assert not still_holds(engine, Mark(mark.last, scan_id(7)))
    assert not still_holds(engine, Mark(mark.last + 1, scan_id(1)))


def move(engine, number, place):
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM predictions"))
        connection.execute(
            text("UPDATE scans SET seq = :place WHERE scan_id = :id"), {"place": place, "id": scan_id(number)}
        )


def test_gaps_are_looked_into_again_and_the_newest_are_kept(engine, ledger, run_id):
    """A row that comes to be seen late stands in a gap. Break it: forget the gaps."""
    ledger.record([failed(number) for number in (1, 2, 3)], run_id)
    base = mark_now(engine).last + 100
    move(engine, 1, base)
    move(engine, 2, base + 10)
    new = new_rows(engine, Mark(base - 1, scan_id(9)))
    assert (numbers(engine, new), new.mark.gaps) == ([1, 2], ((base + 1, base + 9),))
    move(engine, 3, base + 4)
    late = new_rows(engine, new.mark)
    assert numbers(engine, late) == [3]
    assert late.mark.gaps == ((base + 1, base + 3), (base + 5, base + 9))
    assert new_rows(engine, late.mark).spans == ()
    many = tuple((2 * number, 2 * number) for number in range(-MOST_GAPS, 0))  # where no row ever is
    kept = new_rows(engine, Mark(base + 2, scan_id(9), many)).mark.gaps
    assert len(kept) == MOST_GAPS
    assert kept[-1] == (base + 5, base + 9)


@pytest.mark.postgres
def test_a_row_whose_transaction_ends_after_a_later_one_is_not_missed(postgres_server, migrations):
    """Break it: forget what was missing."""
    url = postgres_server.create_database()
    engine, other = open_engine(url), open_engine(url)
    upgrade(engine, migrations)
    ledger = Ledger(engine)
    run_id = ledger.begin_run(RUN)
    insert = text(
        "INSERT INTO scans (scan_id, run_id, received_at, finished_at, source_name, outcome, error_code, "
        "stored_path, attempts, warnings, durations) VALUES (:id, :run, now(), now(), 'a', 'failed', "
        "'truncated', 'failed/a', 1, '[]', '{}')"
    )
    try:
        with other.connect() as slow:
            slow.execute(insert, {"id": scan_id(1), "run": run_id})
            ledger.record([failed(2)], run_id)
            first = new_rows(engine, BEGINNING)
            slow.commit()
        second = new_rows(engine, first.mark)
        assert (numbers(engine, first), numbers(engine, second)) == ([2], [1])
        assert (first.mark.gaps, second.mark.gaps) == (((1, 1),), ())
    finally:
        engine.dispose()
        other.dispose()
        postgres_server.drop_database(url)
