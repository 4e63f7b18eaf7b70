"""Reviews on SQLite and on PostgreSQL: added beside the results, and never over one."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from storage.batches import review_batches
from storage.engine import open_engine
from storage.errors import DatabaseRefused, DatabaseUnavailable, NoSuchScan, NotReviewable
from storage.queries import results
from storage.reviews import REVIEWS, add_review, add_reviews
from storage.scan_detail import scan
from storage.times import utc_moment
from storage.translate import translated_errors
from tests.support.batches import rows_of
from tests.support.records import NOON, classified, failed, scan_id


@pytest.fixture
def filled(engine, ledger, run_id):
    ledger.record(
        [
            classified(1),
            classified(2, decision="not_fractured", probability=0.1),
            failed(3),
            failed(4, "no_image", outcome="rejected"),
            classified(5, is_canary=True),
        ],
        run_id,
    )
    return engine


def everything(engine, *between):
    rows = rows_of(review_batches(engine, *between), REVIEWS)
    return [row | {"reviewed_at": utc_moment(row["reviewed_at"])} for row in rows]


def test_a_review_holds_who_when_what_and_the_answer_as_it_was_shown(filled):
    add_review(filled, scan_id(2), "disagree", "anna", "hairline", at=NOON)

    assert everything(filled) == [
        {
            "scan_id": scan_id(2),
            "reviewed_at": NOON,
            "reviewer": "anna",
            "verdict": "disagree",
            "note": "hairline",
            "model": "inboxray-test@1.0.0",
            "decision": "not_fractured",
        }
    ]
    assert tuple(everything(filled)[0]) == tuple(REVIEWS.columns.keys())


def test_later_reviews_stand_beside_earlier_ones_and_the_result_stays(filled):
    before = {row["scan_id"]: row for row in results(filled)}
    for verdict, name in (("agree", "anna"), ("unsure", "bert"), ("disagree", "anna")):
        add_review(filled, scan_id(1), verdict, name)

    detail = scan(filled, scan_id(1))
    assert [(one["verdict"], one["reviewer"]) for one in detail.reviews] == [
        ("agree", "anna"),
        ("unsure", "bert"),
        ("disagree", "anna"),
    ]
    after = {row["scan_id"]: row for row in results(filled)}
    assert after == before | {scan_id(1): before[scan_id(1)] | {"reviewed": "disagree"}}
    assert scan(filled, scan_id(2)).reviews == ()


def test_the_time_is_now_if_none_is_given(filled):
    before = datetime.now(UTC)
    add_review(filled, scan_id(1), "agree", "anna")
    assert before <= everything(filled)[0]["reviewed_at"] <= datetime.now(UTC)


def test_a_naive_time_is_refused(filled):
    with pytest.raises(ValueError, match="time zone"):
        add_review(filled, scan_id(1), "agree", "anna", at=datetime(2026, 1, 1))  # noqa: DTZ001
    assert everything(filled) == []


def test_a_note_is_one_line_of_bounded_length_without_controls(filled):
    add_review(filled, scan_id(1), "agree", " anna\0b ", "one\n two\u2028three \x1b[31m" + "x" * 1900)
    add_review(filled, scan_id(1), "agree", "anna", " \n ")

    first, second = everything(filled)
    assert first["note"].startswith("one two three \ufffd[31mx")
    with pytest.raises(ValueError, match="at most 2000"):
        add_review(filled, scan_id(1), "agree", "anna", "x" * 2001)
    assert (first["reviewer"], second["note"]) == ("anna\ufffdb", None)


@pytest.mark.parametrize(
    ("number", "error", "what"),
    [
        (3, NotReviewable, "has the outcome failed"),
        (4, NotReviewable, "has the outcome rejected"),
        (5, NotReviewable, "is a canary"),
        (9, NoSuchScan, "no scan has the id"),
    ],
)
def test_what_has_no_answer_is_not_reviewed_and_nothing_else_is_either(filled, number, error, what):
    """Break it: insert each review in a transaction of its own."""
    with pytest.raises(error, match=what):
        add_reviews(filled, [scan_id(1), scan_id(number)], "agree", "anna")
    assert everything(filled) == []


def test_several_scans_at_once_each_have_their_own_answer(filled):
    add_reviews(filled, [scan_id(1), scan_id(2), scan_id(1)], "agree", "anna", at=NOON)

    assert {(one["scan_id"], one["decision"]) for one in everything(filled)} == {
        (scan_id(1), "fractured"),
        (scan_id(2), "not_fractured"),
    }
    assert len(everything(filled)) == 2


@pytest.mark.parametrize(("verdict", "reviewer"), [("maybe", "anna"), ("agree", " \0 ")])
def test_words_that_mean_nothing_are_refused(filled, verdict, reviewer):
    with pytest.raises(ValueError, match=r"verdict|reviewer"):
        add_review(filled, scan_id(1), verdict, reviewer)


@pytest.mark.parametrize("changed", ["verdict = 'maybe'", "decision = 'maybe'"])
def test_a_row_that_cannot_be_is_refused_by_the_database(filled, changed):
    add_review(filled, scan_id(1), "agree", "anna")
    with pytest.raises(DatabaseRefused), translated_errors("writing"), filled.begin() as connection:
        connection.execute(text(f"UPDATE reviews SET {changed}"))  # noqa: S608


def test_since_and_until_are_half_open(filled):
    for second in range(4):
        add_review(filled, scan_id(1), "agree", f"reader {second}", at=NOON + timedelta(seconds=second))

    found = everything(filled, NOON + timedelta(seconds=1), NOON + timedelta(seconds=3))
    assert [row["reviewer"] for row in found] == ["reader 1", "reader 2"]


def test_who_only_reads_adds_nothing(filled, database_url, opened):
    reader = opened(database_url, readonly=True)
    with pytest.raises(DatabaseUnavailable):
        add_review(reader, scan_id(1), "agree", "anna")
    assert everything(filled) == []


def test_a_daemon_goes_on_beside_a_review(filled, ledger, run_id, database_url):
    """Each looks whether the file is still in place: the other's transactions are none that it misses."""
    beside = open_engine(database_url)
    add_review(beside, scan_id(1), "agree", "anna")
    ledger.record([classified(6)], run_id)
    add_review(beside, scan_id(6), "agree", "anna")
    beside.dispose()
    ledger.record([classified(7)], run_id)

    assert [one["scan_id"] for one in everything(filled)] == [scan_id(1), scan_id(6)]
    assert ledger.find([scan_id(7)])


def test_the_view_finds_both_by_an_index(filled):
    """Break it: drop `ix_reviews_scan_seq_id`. Reading fifty rows of a million must not read all reviews."""
    with filled.connect() as connection:
        if connection.dialect.name == "sqlite":
            plan = connection.execute(text("EXPLAIN QUERY PLAN SELECT * FROM results WHERE scan_id = 'x'"))
            shown = " ".join(row.detail for row in plan)
        else:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            plan = connection.execute(text("EXPLAIN SELECT * FROM results WHERE scan_id = 'x'"))
            shown = " ".join(plan.scalars())
    assert "ix_scans_requeued_from" in shown
    assert "ix_reviews_scan_seq_id" in shown
