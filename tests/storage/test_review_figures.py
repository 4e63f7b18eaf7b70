"""Figures of reviews on SQLite and on PostgreSQL."""

import pytest
from sqlalchemy import update

from storage.review_figures import review_figures
from storage.reviews import add_review
from storage.schema import SCANS
from storage.shares import share
from tests.support.records import classified, scan_id

HAND = {"device": "a" * 12, "manufacturer": "Maker", "station_name": "Room 1", "region": "hand"}
LEG = {"device": "b" * 12, "region": "leg"}


def sound(number, **changed):
    return classified(number, decision="not_fractured", probability=0.01, **changed)


@pytest.fixture
def filled(engine, ledger, run_id):
    """Fourteen scans; 8 was requeued as 9; what is said of each follows."""
    ledger.record(
        [
            *(classified(number, **HAND) for number in (1, 2, 3)),
            classified(4, **LEG),
            *(sound(number, **HAND) for number in (5, 6)),
            sound(7),
            classified(8, **LEG),
            classified(9, requeued_from=scan_id(8), **LEG),
            classified(10, decision="uncertain", **LEG),
            classified(11, decision="abstained"),
            sound(12, **HAND),
            classified(13, **HAND),
            sound(14, **HAND),
        ],
        run_id,
    )
    said = {1: "agree", 2: "agree", 3: "disagree", 4: "unsure", 5: "agree", 6: "disagree", 7: "agree"}
    said |= {8: "disagree", 10: "agree", 11: "disagree", 12: "agree", 13: "disagree"}
    for number, verdict in said.items():
        add_review(engine, scan_id(number), verdict, "anna")
    return engine


def cells(one):
    return (
        one.true_fractured,
        one.false_fractured,
        one.true_not_fractured,
        one.false_not_fractured,
        one.unsure,
        one.uncertain,
        one.abstained,
    )


def test_a_verdict_makes_the_truth_of_an_answer_and_what_claims_nothing_is_apart(filled):
    """8 is not counted, for a requeue has replaced it; 9 and 14 were not reviewed."""
    everything = review_figures(filled)[0]

    assert (everything.by, everything.group, everything.name) == ("all", None, None)
    assert cells(everything) == (2, 2, 3, 1, 1, 1, 1)
    assert everything.reviewed == 11
    assert everything.sensitivity == share(2, 3)
    assert everything.specificity == share(3, 5)
    assert everything.ppv == share(2, 4)


def test_by_device_and_by_region_the_most_reviewed_first(filled):
    found = [(one.by, one.group, one.name, cells(one)) for one in review_figures(filled)[1:]]

    assert found == [
        ("device", "a" * 12, "Maker Room 1", (2, 2, 2, 1, 0, 0, 0)),
        ("device", None, None, (0, 0, 1, 0, 0, 0, 1)),
        ("device", "b" * 12, None, (0, 0, 0, 0, 1, 1, 0)),
        ("region", "hand", "hand", (2, 2, 2, 1, 0, 0, 0)),
        ("region", None, None, (0, 0, 1, 0, 0, 0, 1)),
        ("region", "leg", "leg", (0, 0, 0, 0, 1, 1, 0)),
    ]


def test_the_newest_review_counts(filled):
    """Break it: count every review."""
    for verdict in ("unsure", "disagree"):
        add_review(filled, scan_id(1), verdict, "bert")

    assert cells(review_figures(filled)[0]) == (1, 3, 3, 1, 1, 1, 1)


def test_what_rests_on_nothing_is_no_share(engine):
    (everything,) = review_figures(engine)
    assert everything.reviewed == 0
    assert (everything.sensitivity, everything.specificity, everything.ppv) == (None, None, None)


def test_a_canary_is_not_counted(filled):
    with filled.begin() as connection:
        connection.execute(update(SCANS).where(SCANS.c.scan_id == scan_id(1)).values(is_canary=True))
    assert cells(review_figures(filled)[0])[0] == 1
