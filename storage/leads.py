"""What leads to the few rows that all are among which are asked for: a filter that has an index."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, select

from storage.filters import Filters, Lead, conditions
from storage.schema import SCANS
from storage.values import by_value

FEW: Final = 5_000
"""So many rows are found by an index and sorted sooner than they are met in the order of a large table."""


@dataclass(frozen=True, slots=True)
class Found:
    """By what few rows are found, which all that are asked for are among.

    Parameters
    ----------
    lead : Lead or None
        None: there is no such way.
    within : tuple of ColumnElement
        What a row must be besides, so that the index of the lead is used.
    """

    lead: Lead | None
    within: tuple[ColumnElement[bool], ...] = ()


def lead_of(connection: Connection, filters: Filters) -> Found:
    """Return by what few rows are found that all others are among, if there is such a way.

    Parameters
    ----------
    connection : Connection
    filters : Filters

    Returns
    -------
    Found
        The first that leads to `FEW` rows at most.
    """
    for lead, alone in _leads(filters):
        if _are_few(connection, list(conditions(alone, lead))[1:]):  # canaries too
            return Found(lead)
    for lead, within in by_value(connection, filters):
        if _are_few(connection, [within]):
            return Found(lead, (within,))
    return Found(None)


def _leads(filters: Filters) -> Iterator[tuple[Lead, Filters]]:
    """Yield each filter that has an index of its own, alone."""
    nothing = Filters()
    if filters.sha256 is not None:
        yield "sha256", replace(nothing, sha256=filters.sha256)
    if filters.patient is not None:
        yield "patient", replace(nothing, patient=filters.patient)
    if filters.study is not None:
        yield "study", replace(nothing, study=filters.study)
    if filters.uid is not None:
        yield "uid", replace(nothing, uid=filters.uid)
    if filters.since is not None or filters.until is not None:
        yield "time", replace(nothing, since=filters.since, until=filters.until)
    if filters.reviewed:
        yield "reviewed", replace(nothing, reviewed=True)
    if filters.decision is not None:
        least, most = filters.min_probability, filters.max_probability
        yield (
            "answer",
            replace(nothing, decision=filters.decision, min_probability=least, max_probability=most),
        )


def _are_few(connection: Connection, matching: Sequence[ColumnElement[bool]]) -> bool:
    some = select(SCANS.c.seq).where(*matching).limit(FEW + 1)
    return int(connection.scalar(select(func.count()).select_from(some.subquery())) or 0) <= FEW
