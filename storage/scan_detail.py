"""Everything about one scan, which is named by its id or a part of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, select

from storage.errors import AmbiguousScan, NoSuchScan
from storage.reviews import reviews_in
from storage.schema import MODELS, PREDICTIONS, RUNS, SCANS
from storage.translate import translated_errors

SCAN_ID_LENGTH = 36
LEAST_DIGITS = 6
"""Of a part of an id: fewer are the beginning or end of some scan's id by chance."""


@dataclass(frozen=True, slots=True)
class ScanDetail:
    """Everything the database knows of one scan.

    Attributes
    ----------
    scan : mapping
        All columns of its row.
    run : mapping
        The row of the daemon's start that recorded it.
    model : mapping or None
        The row of the model that answered.
    predictions : tuple of mappings
        The rows of its frames, in order.
    duplicates, requeues : tuple of str
        Ids of the scans that are duplicates of it, and of those it was requeued as.
    reviews : tuple of mappings
        What people say of its answer, the newest last; see `storage.reviews.REVIEWS`.
    """

    scan: Mapping[str, Any]
    run: Mapping[str, Any]
    model: Mapping[str, Any] | None
    predictions: tuple[Mapping[str, Any], ...]
    duplicates: tuple[str, ...]
    requeues: tuple[str, ...]
    reviews: tuple[Mapping[str, Any], ...] = ()


def scan(engine: Engine, scan_id: str) -> ScanDetail:
    """Return everything about one scan.

    Parameters
    ----------
    engine : Engine
    scan_id : str
        Its id, or six digits or more of its beginning or end that no other scan's id has.

    Returns
    -------
    ScanDetail

    Raises
    ------
    NoSuchScan, AmbiguousScan
        Not exactly one scan matches.
    """
    with translated_errors("reading a scan"), engine.connect() as connection:
        row = _only_scan(connection, scan_id.strip().lower())
        runs = connection.execute(select(RUNS).where(RUNS.c.id == row["run_id"]))
        models = connection.execute(select(MODELS).where(MODELS.c.id == row["model_id"]))
        frames = select(PREDICTIONS).where(PREDICTIONS.c.scan_seq == row["seq"]).order_by(PREDICTIONS.c.frame)
        copies = select(SCANS.c.scan_id).where(SCANS.c.duplicate_of == row["scan_id"]).order_by(SCANS.c.seq)
        again = select(SCANS.c.scan_id).where(SCANS.c.requeued_from == row["scan_id"]).order_by(SCANS.c.seq)
        return ScanDetail(
            scan=row,
            run=runs.one()._asdict(),
            model=next((model._asdict() for model in models), None),
            predictions=tuple(frame._asdict() for frame in connection.execute(frames)),
            duplicates=tuple(connection.scalars(copies)),
            requeues=tuple(connection.scalars(again)),
            reviews=reviews_in(connection, row["seq"]),
        )


def may_be_id(text: str) -> bool:
    """Return whether a text may be a scan's id, or a part of one.

    Parameters
    ----------
    text : str
        Lower case.

    Returns
    -------
    bool
    """
    return 0 < len(text) <= SCAN_ID_LENGTH and not set(text) - set("0123456789abcdef-")


def may_be_part_of_id(text: str) -> bool:
    """Return whether a text may be a scan's id, or enough of its beginning or end to mean one.

    Parameters
    ----------
    text : str
        Lower case.

    Returns
    -------
    bool
    """
    return may_be_id(text) and len(text.replace("-", "")) >= LEAST_DIGITS


def _only_scan(connection: Connection, part: str) -> Mapping[str, Any]:
    """Return the one row of `scans` whose id is, begins with, or else ends in a text.

    Ids of one second begin alike; their ends are drawn by chance.

    Parameters
    ----------
    connection : Connection
    part : str
        Lower case.

    Returns
    -------
    mapping
        Column and value.

    Raises
    ------
    NoSuchScan, AmbiguousScan
        Not exactly one scan matches.
    """
    if not may_be_id(part):
        raise NoSuchScan(
            "what was given is no scan's id, nor the beginning or end of one: those are of 0-9, a-f and -; "
            "`inboxray results` shows the ids"
        )
    if not may_be_part_of_id(part):
        raise NoSuchScan(
            f"{part} is too little of a scan's id: give at least {LEAST_DIGITS} digits of its beginning or "
            "end; `inboxray results` shows the ids"
        )
    # The order of bytes: "g" follows every digit of an id, so this is a range of the unique index.
    begins = (SCANS.c.scan_id >= part) & (SCANS.c.scan_id < part + "g")
    for place, matches in (("begins with", begins), ("ends in", SCANS.c.scan_id.endswith(part))):
        rows = connection.execute(select(SCANS).where(matches).limit(2)).all()
        if len(rows) > 1:
            raise AmbiguousScan(f"more than one scan's id {place} {part}; give more of it")
        if rows:
            return rows[0]._asdict()
    raise NoSuchScan(f"no scan's id begins with or ends in {part}; `inboxray results` shows the ids")
