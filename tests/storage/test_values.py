"""Values are found by leaving the index at each for the next, on SQLite and on PostgreSQL."""

import pytest
from sqlalchemy import false

from storage import values
from storage.filters import Filters
from storage.values import by_value
from tests.support.records import classified, failed


@pytest.fixture
def filled(engine, ledger, run_id):
    """Three modalities, two of which are one in small letters; a device whose name was not always kept."""
    room = {"device": "a" * 12, "manufacturer": "Maker"}
    ledger.record(
        [
            classified(1, modality="DX", region="hand", **room, station_name="Room 7"),
            classified(2, modality="dx", region=None, **room),
            classified(3, modality="CR", region="leg", device="b" * 12),
            failed(4),
            classified(5, modality=None, device="b" * 12, manufacturer="Other", region="leg"),
        ],
        run_id,
    )
    return engine


def found(engine, **filters):
    """Return the values that lead to the rows, by filter; an empty list where no row has any."""
    with engine.connect() as connection:
        return {
            lead: [] if within.compare(false()) else sorted(given(within))
            for lead, within in by_value(connection, Filters(**filters))
        }


def given(within):
    listed = next(value for value in within.compile().params.values() if isinstance(value, list))
    return list(listed)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"modality": "dx"}, {"modality": ["DX", "dx"]}),
        ({"modality": "US"}, {"modality": []}),
        ({"region": "LEG"}, {"region": ["leg"]}),
        ({"region": "hand", "modality": "cr"}, {"region": ["hand"], "modality": ["CR"]}),
        ({"device": "room 7"}, {"device": ["a" * 12]}),
        ({"device": "OTHER"}, {"device": ["b" * 12]}),
        ({"device": "nothing"}, {"device": []}),
        ({"model": "nothing"}, {"model": []}),
        ({"model": "inboxray"}, {}),
        ({"patient": "patient-1"}, {}),
    ],
)
def test_the_letters_in_which_a_value_stands_are_found_and_what_is_not_there_is_known(
    filled, filters, expected
):
    """Break it: look at the latest scan of a device alone: one whose name is not kept any more is lost."""
    assert found(filled, **filters) == expected


def test_without_rows_there_is_no_value(engine):
    assert found(engine, modality="DX", device="x") == {"modality": [], "device": []}


def test_among_too_many_values_none_is_looked_for(filled, monkeypatch):
    monkeypatch.setattr(values, "MOST_VALUES", 2)
    assert found(filled, modality="DX", region="leg") == {"region": ["leg"]}
