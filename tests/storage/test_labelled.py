"""What reviews make of answers, on SQLite and on PostgreSQL."""

import pytest

from storage.labelled import Labelled, labelled_scans
from storage.reviews import add_review
from tests.support.records import classified, digest, scan_id


@pytest.fixture
def filled(engine, ledger, run_id):
    """Seven scans; 6 has the bytes of 1, and 7 was requeued from 3."""
    ledger.record(
        [
            classified(1),
            classified(2, decision="not_fractured"),
            classified(3),
            classified(4, decision="uncertain"),
            classified(5, decision="abstained"),
            classified(6, sha256=digest(1)),
            classified(7, requeued_from=scan_id(3)),
        ],
        run_id,
    )
    return engine


def labels(engine):
    return {int(one.scan_id[-12:], 16): one.label for one in labelled_scans(engine)}


@pytest.mark.parametrize(
    ("number", "verdict", "expected"),
    [
        (1, "agree", {1: "fractured"}),
        (1, "disagree", {1: "not_fractured"}),
        (1, "unsure", {}),
        (2, "agree", {2: "not_fractured"}),
        (2, "disagree", {2: "fractured"}),
        (3, "agree", {}),
        (4, "agree", {}),
        (5, "disagree", {}),
    ],
)
def test_agreement_and_disagreement_label_what_the_answer_claims(filled, number, verdict, expected):
    add_review(filled, scan_id(number), verdict, "anna")
    assert labels(filled) == expected


def test_of_one_picture_the_newest_review_counts_whichever_copy_it_is_of(filled):
    """Break it: let each scan have its label. One picture would be taught with both then."""
    add_review(filled, scan_id(1), "agree", "anna")
    add_review(filled, scan_id(6), "disagree", "bert")
    assert labels(filled) == {6: "not_fractured"}
    add_review(filled, scan_id(1), "unsure", "anna")
    assert labels(filled) == {}


def test_a_label_names_its_file(filled):
    add_review(filled, scan_id(2), "agree", "anna")
    assert labelled_scans(filled) == [
        Labelled(scan_id(2), "done/2026-11-23/ward/2.dcm", "not_fractured"),
    ]
