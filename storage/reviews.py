"""What people say of answers: reviews, which are added beside the results and never change one."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, Engine, MetaData, Select, Table, Text, insert, select

from storage.errors import NoSuchScan, NotReviewable
from storage.questions import chunks
from storage.rows import clean
from storage.schema import MODELS, SCAN_ID, SCANS
from storage.schema import REVIEWS as REVIEW_ROWS
from storage.text import clean_text
from storage.times import UtcTime, require_aware
from storage.vocabulary import CLASSIFIED, MAX_NOTE, VERDICTS
from storage.writes import writing

REVIEWS = Table(
    "reviews",
    MetaData(),  # what people and exports read of it: not the table itself
    Column("scan_id", SCAN_ID),
    Column("reviewed_at", UtcTime),
    Column("reviewer", Text),
    Column("verdict", Text),
    Column("note", Text),
    Column("model", Text),  # name@version, of the answer
    Column("decision", Text),  # of the answer
)
"""The reviews as people read them, in the order of the columns of a table of them."""


def add_review(
    engine: Engine,
    scan_id: str,
    verdict: str,
    reviewer: str,
    note: str | None = None,
    *,
    at: datetime | None = None,
) -> None:
    """Add what a person says of the answer to one scan; a later review counts, and the earlier ones stay.

    Parameters
    ----------
    engine : Engine
        That may write.
    scan_id : str
        Its whole id.
    verdict, reviewer, note, at
        As of `add_reviews`.

    Raises
    ------
    NoSuchScan, NotReviewable, ValueError
        As `add_reviews`.
    """
    add_reviews(engine, [scan_id], verdict, reviewer, note, at=at)


def add_reviews(
    engine: Engine,
    scan_ids: Sequence[str],
    verdict: str,
    reviewer: str,
    note: str | None = None,
    *,
    at: datetime | None = None,
) -> None:
    """Add one review to each of some scans, to all or to none.

    Parameters
    ----------
    engine : Engine
        That may write.
    scan_ids : sequence of str
        Whole ids.
    verdict : str
        One of `storage.vocabulary.VERDICTS`, about the decision: who disagrees with `fractured` says that
        there is no fracture.
    reviewer : str
        Who says so.
    note : str, optional
        Kept as it was typed, whatever the setting `identifiers` says, but as one line; at most 2,000
        characters.
    at : datetime, optional
        Aware; now if not given.

    Raises
    ------
    NoSuchScan
        No scan has one of the ids.
    NotReviewable
        One failed, was rejected or is a canary: there is no answer to review.
    ValueError
        The verdict is no such word, the reviewer has no name, or the note is too long.
    DatabaseUnavailable, DatabaseRefused
        The database cannot be written to.
    """
    name = clean(reviewer)
    if verdict not in VERDICTS:
        raise ValueError(f"a verdict is one of {', '.join(VERDICTS)}")
    if name is None:
        raise ValueError("a review needs the name of its reviewer")
    if note is not None and len(note) > MAX_NOTE:
        raise ValueError(f"a note has at most {MAX_NOTE} characters")
    judgement = {
        "reviewed_at": datetime.now(UTC) if at is None else require_aware(at),
        "reviewer": name,
        "verdict": verdict,
        "note": None if note is None else clean_text(" ".join(note.split()), MAX_NOTE),
    }
    with writing(engine, "recording a review") as connection:
        answers = _answers(connection, scan_ids)
        if answers:
            connection.execute(insert(REVIEW_ROWS), [judgement | answer for answer in answers])


def _answers(connection: Connection, scan_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Return what a review keeps of the answer to each of these scans."""
    found: dict[str, Any] = {}
    for some in chunks(scan_ids):
        wanted = select(
            SCANS.c.scan_id,
            SCANS.c.seq,
            SCANS.c.model_id,
            SCANS.c.decision,
            SCANS.c.outcome,
            SCANS.c.is_canary,
        ).where(SCANS.c.scan_id.in_(some))
        found |= {row.scan_id: row for row in connection.execute(wanted)}
    for scan_id in scan_ids:
        if scan_id not in found:
            raise NoSuchScan(f"no scan has the id {scan_id}; no review was recorded")
        if found[scan_id].outcome != CLASSIFIED or found[scan_id].is_canary:
            row = found[scan_id]
            what = "is a canary" if row.is_canary else f"has the outcome {row.outcome}"
            raise NotReviewable(
                f"the scan {scan_id} {what}: there is no answer of the network to review; no review was "
                "recorded"
            )
    return [
        {"scan_seq": row.seq, "model_id": row.model_id, "decision": row.decision} for row in found.values()
    ]


def reviews_in(connection: Connection, seq: int) -> tuple[Mapping[str, Any], ...]:
    """Return all reviews of one scan, the newest last.

    Parameters
    ----------
    connection : Connection
    seq : int
        Of the scan's row.

    Returns
    -------
    tuple of mapping
        Column of `REVIEWS` and value.
    """
    found = connection.execute(_reviews().where(REVIEW_ROWS.c.scan_seq == seq))
    return tuple(row._asdict() for row in found)


def chosen_reviews(since: datetime | None = None, until: datetime | None = None) -> Select[Any]:
    """Write the query for all reviews in the order in which they came.

    Parameters
    ----------
    since, until : datetime, optional
        Aware; half-open on reviewed_at.

    Returns
    -------
    Select
        Of the columns of `REVIEWS`.
    """
    statement = _reviews()
    if since is not None:
        statement = statement.where(REVIEW_ROWS.c.reviewed_at >= require_aware(since))
    if until is not None:
        statement = statement.where(REVIEW_ROWS.c.reviewed_at < require_aware(until))
    return statement


def _reviews() -> Select[Any]:
    model = (MODELS.c.name + "@" + MODELS.c.version).label("model")
    columns: tuple[Any, ...] = (
        REVIEW_ROWS.c.reviewed_at,
        REVIEW_ROWS.c.reviewer,
        REVIEW_ROWS.c.verdict,
        REVIEW_ROWS.c.note,
    )
    return (
        select(SCANS.c.scan_id, *columns, model, REVIEW_ROWS.c.decision)
        .select_from(REVIEW_ROWS)
        .join(SCANS, SCANS.c.seq == REVIEW_ROWS.c.scan_seq)
        .join(MODELS, MODELS.c.id == REVIEW_ROWS.c.model_id)
        .order_by(REVIEW_ROWS.c.id)
    )
