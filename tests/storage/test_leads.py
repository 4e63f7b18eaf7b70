"""A filter leads to few rows or it does not, on SQLite and on PostgreSQL; which rows: see `test_ways`."""

import pytest

from storage import leads
from storage.filters import Filters
from storage.leads import lead_of
from tests.support.records import classified


@pytest.fixture
def filled(engine, ledger, run_id):
    """Six hands of one patient, and one hip of another."""
    hands = [classified(number, patient_id="p1", region="hand") for number in range(6)]
    ledger.record([*hands, classified(6, patient_id="p2", region="hip")], run_id)
    return engine


def lead(engine, **filters):
    with engine.connect() as connection:
        return lead_of(connection, Filters(**filters)).lead


def test_the_first_filter_that_leads_to_few_rows_is_taken(filled, monkeypatch):
    """Break it: take a filter without counting what it leads to."""
    monkeypatch.setattr(leads, "FEW", 3)
    assert lead(filled, patient="p1") is None
    assert lead(filled, patient="p2", region="hand") == "patient"
    assert lead(filled, patient="p1", region="HIP") == "region"
    assert lead(filled, region="hand", name="ward") is None
    assert lead(filled) is None


def test_what_no_row_has_leads_to_none(filled):
    for filters in ({"modality": "MR"}, {"device": "nothing"}, {"model": "nothing"}, {"region": "leg"}):
        assert lead(filled, **filters) == next(iter(filters))
