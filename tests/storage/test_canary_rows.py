"""Rows of canaries are there, and nowhere that people look."""

from sqlalchemy import select

from storage.ledger import Question
from storage.queries import counts, results
from storage.schema import SCANS
from tests.support.records import classified


def test_a_canary_has_its_row_and_is_in_no_view_and_no_count(engine, ledger, run_id):
    canary = classified(1, is_canary=True, sha256="c" * 64, device="f" * 12, picture={"brightness": 0.5})
    ledger.record([canary, classified(2, picture=None)], run_id)

    with engine.connect() as connection:
        rows = connection.execute(
            select(SCANS.c.is_canary, SCANS.c.device, SCANS.c.picture).order_by(SCANS.c.seq)
        ).all()
    assert rows == [(True, "f" * 12, {"brightness": 0.5}), (False, None, None)]
    assert [row["scan_id"] for row in results(engine)] == [classified(2).scan_id]
    assert sum(one.scans for one in counts(engine)) == 1
    assert set(ledger.find([canary.scan_id])) == {canary.scan_id}


def test_a_canarys_prediction_is_never_reused(ledger, run_id):
    ledger.record([classified(1, is_canary=True, sha256="c" * 64)], run_id)

    assert ledger.ask(Question(sha256s=frozenset({"c" * 64}))).earlier == {}
