"""The indexes of the tables, as the revisions make them.

What writes and asks needs the tables alone: it is the database that knows its indexes. They stand here beside
the revisions for tests to compare, and for people to read.
"""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Column, Index, text

from storage.schema import REVIEWS, SCANS


def _indexes() -> Iterator[Index]:
    """Make the indexes, which their tables have from then on."""
    scans = SCANS.c
    # with all that figures count, so that they read no row
    counted = (scans.device, scans.error_code, scans.decision, scans.is_canary, scans.seq)
    yield Index("ix_scans_finished_at", scans.finished_at, *counted)
    for name in ("sha256", "sop_instance_uid", "patient_id", "study_instance_uid", "series_instance_uid"):
        yield Index(f"ix_scans_{name}", scans[name])
    # the order in which people should see answers; with a decision, its range of probability
    yield _where_known("decision_probability", "decision", scans.decision, scans.probability, scans.seq)
    yield _where_known("unanswered", "error_code", scans.outcome, scans.seq, scans.error_code)
    # a path may exceed a B-tree's page
    yield Index("ix_scans_stored_path", scans.stored_path, postgresql_using="hash")
    yield _where_known("duplicate_of", "duplicate_of", scans.duplicate_of)
    # with `seq`, so that the newest is the last of a range, which PostgreSQL else looks for in all rows
    for name in ("requeued_from", "device", "region", "modality"):
        yield _where_known(name, name, scans[name], scans.seq)
    yield Index("ix_reviews_scan_seq_id", REVIEWS.c.scan_seq, REVIEWS.c.id)


def _where_known(name: str, known: str, *columns: Column[Any]) -> Index:
    """Make an index of the scans that have a value in a column."""
    where = text(f"{known} IS NOT NULL")
    return Index(f"ix_scans_{name}", *columns, sqlite_where=where, postgresql_where=where)


INDEXES: Final = tuple(_indexes())
