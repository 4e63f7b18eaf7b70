"""Scans that a review labels as fractured or not: what agreement and disagreement make of an answer."""

from dataclasses import dataclass

from sqlalchemy import Engine, select

from storage.filters import is_superseded
from storage.schema import REVIEWS, SCANS
from storage.translate import translated_errors
from storage.vocabulary import AGREE, DISAGREE, FRACTURED, NOT_FRACTURED

_LABELS = {
    (FRACTURED, AGREE): FRACTURED,
    (FRACTURED, DISAGREE): NOT_FRACTURED,
    (NOT_FRACTURED, AGREE): NOT_FRACTURED,
    (NOT_FRACTURED, DISAGREE): FRACTURED,
}


@dataclass(frozen=True, slots=True)
class Labelled:
    """One scan with its label.

    Parameters
    ----------
    scan_id, stored_path : str
        As in its row; the file may have been removed since.
    label : str
        `fractured` or `not_fractured`.
    """

    scan_id: str
    stored_path: str
    label: str


def labelled_scans(engine: Engine) -> list[Labelled]:
    """Return the current scans that reviews label, one of each file's bytes.

    Of all reviews of the same bytes the newest counts. It labels nothing if it is unsure, or if the answer
    was uncertain or abstained.

    Parameters
    ----------
    engine : Engine

    Returns
    -------
    list of Labelled
        In the order of their newest review.

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    statement = (
        select(SCANS.c.scan_id, SCANS.c.stored_path, SCANS.c.sha256, REVIEWS.c.decision, REVIEWS.c.verdict)
        .select_from(REVIEWS)
        .join(SCANS, SCANS.c.seq == REVIEWS.c.scan_seq)
        .where(SCANS.c.is_canary.is_(False), ~is_superseded(SCANS.c.scan_id))
        .order_by(REVIEWS.c.id)
    )
    newest: dict[str, Labelled] = {}
    with translated_errors("reading reviews"), engine.connect() as connection:
        for scan_id, stored_path, sha256, decision, verdict in connection.execute(statement):
            key = sha256 or scan_id
            newest.pop(key, None)
            label = _LABELS.get((decision, verdict))
            if label is not None:
                newest[key] = Labelled(scan_id, stored_path, label)
    return list(newest.values())
