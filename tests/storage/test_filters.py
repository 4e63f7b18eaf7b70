from datetime import datetime, timedelta

import pytest

from storage.filters import Filters
from storage.queries import results
from storage.reviews import add_review
from tests.support.records import NOON, classified, failed, scan_id


@pytest.fixture
def filled(engine, ledger, run_id):
    """Eight scans, recorded in an order that is not that of their ids; 7 is what a requeue made of 2."""
    ledger.record(
        [
            classified(
                5, modality="CR", patient_id="p1", manufacturer="Philips", device="5" * 12, region="leg"
            ),
            classified(1, decision="uncertain", patient_id="p1", study_instance_uid="1.2.3"),
            failed(2),
            failed(3, "no_image", outcome="rejected", modality="SR"),
            classified(4, decision="not_fractured", probability=0.01),
            classified(
                6,
                duplicate_of=scan_id(5),
                probability=0.9,
                station_name="Room_4",
                device="6" * 12,
                region="hand",
                calling_ae="CT1",
            ),
            classified(7, requeued_from=scan_id(2), decision="abstained", probability=0.95),
            failed(8),
        ],
        run_id,
    )
    for number, verdict in ((6, "agree"), (1, "unsure"), (6, "disagree")):
        add_review(engine, scan_id(number), verdict, "anna")
    return engine


def numbers(engine, **filters):
    return [int(row["scan_id"][-12:], 16) for row in results(engine, Filters(**filters))]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [5, 1, 2, 3, 4, 6, 7, 8]),
        ({"limit": 2}, [5, 1]),
        ({"limit": 2, "order": "newest"}, [8, 7]),
        ({"limit": 0}, []),
        ({"decision": "fractured"}, [5, 6]),
        ({"outcome": "failed"}, [2, 8]),
        ({"error_code": "no_image"}, [3]),
        ({"modality": "CR"}, [5]),
        ({"modality": "cr"}, [5]),
        ({"patient": "p1"}, [5, 1]),
        ({"study": "1.2.3"}, [1]),
        ({"patient": "p1", "modality": "CR"}, [5]),
        ({"patient": "nobody"}, []),
        ({"accession": "ACCESSION-4"}, [4]),
        ({"uid": "1.2.3"}, [1]),
        ({"uid": "1.2.3.4.1"}, [4]),
        ({"uid": "1.2.3.4.1.1"}, [4]),
        ({"uid": "1.2.3.4.1.1.1"}, []),
        ({"name": "WARD/4"}, [4]),
        ({"name": "%"}, []),
        ({"device": "philips"}, [5]),
        ({"device": "room_4"}, [6]),
        ({"device": "room.4"}, []),
        ({"region": "Hand"}, [6]),
        ({"calling_ae": "ct1"}, [6]),
        ({"calling_ae": "ct"}, []),
        ({"min_probability": 0.9}, [6, 7]),
        ({"max_probability": 0.01}, [4]),
        ({"min_probability": 0.5, "max_probability": 0.7}, [5, 1]),
        ({"reviewed": True}, [1, 6]),
        ({"reviewed": False}, [5, 2, 3, 4, 7, 8]),
        ({"reviewed": True, "decision": "uncertain"}, [1]),
        ({"only_current": True}, [5, 1, 3, 4, 6, 7, 8]),
        ({"only_current": True, "outcome": "failed"}, [8]),
        ({"since": NOON + timedelta(seconds=4.25)}, [5, 4, 6, 7, 8]),
        ({"until": NOON + timedelta(seconds=4.25)}, [1, 2, 3]),
        ({"since": NOON + timedelta(seconds=2), "until": NOON + timedelta(seconds=5)}, [2, 3, 4]),
    ],
    ids=str,
)
def test_filters(filled, filters, expected):
    assert numbers(filled, **filters) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("oldest", [5, 1, 2, 3, 4, 6, 7, 8]),
        ("newest", [8, 7, 6, 4, 3, 2, 1, 5]),
        ("suspicious", [6, 5, 1, 7, 8, 2, 4, 3]),
    ],
)
def test_orders(filled, order, expected):
    """Break it: sort by probability alone. What the network abstained from is first then, at 0.95."""
    assert numbers(filled, order=order) == expected


def test_a_row_says_what_replaced_it_and_what_the_newest_review_says(filled, ledger, run_id):
    ledger.record([classified(9, requeued_from=scan_id(2)), classified(10, requeued_from=scan_id(7))], run_id)

    found = {int(row["scan_id"][-12:], 16): row for row in results(filled)}

    superseded = {number: row["superseded_by"] for number, row in found.items() if row["superseded_by"]}
    assert superseded == {2: scan_id(9), 7: scan_id(10)}
    assert {n: row["reviewed"] for n, row in found.items() if row["reviewed"]} == {1: "unsure", 6: "disagree"}


@pytest.mark.parametrize("name", ["since", "until"])
def test_a_naive_time_is_refused(name):
    with pytest.raises(ValueError, match="time zone"):
        Filters(**{name: datetime(2026, 1, 1)})  # noqa: DTZ001
