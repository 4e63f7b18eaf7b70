"""The ways to the rows that are asked for: which is the short one, and what it looks like in SQL.

An order is walked until enough rows were found, which is short where many rows match. Where few do, these are
found by an index and sorted. Which of both it is, is counted, up to a bound: a planner has only statistics,
and SQLite's are a day old.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, case, func, literal, or_, select, tuple_
from sqlalchemy.sql import operators

from storage.errors import NoSuchScan
from storage.filters import Filters, Lead, conditions
from storage.leads import lead_of
from storage.schema import MODELS, SCANS
from storage.view_columns import view_columns
from storage.vocabulary import BY_SUSPICION, CLASSIFIED, DECISIONS, FAILED, REJECTED, outcome_of

SMALL: Final = 5_000
"""All rows, if they are so few, are sorted sooner than six ranks are walked."""
PROBED: Final = 10_000
PROBES: Final = 20
RARE: Final = 5
"""Of so many rows, in so many places, so few match a filter that has no index."""
RARE_WITHIN_REACH: Final = 50
"""So few, where not all rows have to be gone through instead."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scan stands in each order.

    Parameters
    ----------
    seq : int
    rank : int
        In `BY_SUSPICION`.
    probability : float
        0 for a scan without.
    """

    seq: int
    rank: int
    probability: float


@dataclass(frozen=True, slots=True)
class Ways:
    """How the rows that are asked for are read.

    Parameters
    ----------
    statements : iterable of Select
        Of the columns of the view `results`. Their rows, one after the other, are those that are asked for;
        each has their whole limit: stop when it is reached.
    edge : int or None
        The place in the order of recording of the farthest scan that is looked at; None: all are.
    """

    statements: Iterable[Select[Any]]
    edge: int | None = None


def ways(connection: Connection, filters: Filters) -> Ways:
    """Choose how to read the rows that are asked for.

    Parameters
    ----------
    connection : Connection
        On which they will be read: what is counted and what is read should be one state of the database.
    filters : Filters
        With `before`, the rows come backwards.

    Returns
    -------
    Ways

    Raises
    ------
    NoSuchScan
        No scan has the id that they begin after, or end before.
    """
    place = _place(connection, filters.after or filters.before)
    filters = _with_outcome(filters)
    found = lead_of(connection, filters)
    lead, last = found.lead, connection.scalar(select(func.max(SCANS.c.seq))) or 0
    edge = None
    if filters.order == "suspicious":
        if lead is None and not filters.offset and last > SMALL:
            if not _are_rare(connection, filters, last):
                return Ways(_rank_by_rank(filters, place))
            edge = None if filters.reach is None else last + 1 - filters.reach
        order, beyond = _by_rank(), () if place is None else _beyond_rank(filters, place)
    else:
        begins = _begins(connection, filters, place, last)
        if lead is None and filters.reach is not None and not filters.before and _no_index_knows(filters):
            edge = begins - filters.reach
            if filters.order == "oldest":
                edge = (
                    max(begins, (connection.scalar(select(func.min(SCANS.c.seq))) or 1) - 1) + filters.reach
                )
        if lead is None and filters.outcome in (FAILED, REJECTED):
            lead = "code"  # in the index of which they stand in the order of recording
        order, beyond = _by_seq(filters, lead), ()
        if 0 < begins <= last:  # what says nothing only leads planners astray
            beyond = _beyond_seq(filters, begins)
    edge = edge if edge is not None and 0 < edge < last else None
    matching = (*conditions(filters, lead), *found.within, *_of_index(lead), *beyond, *_up_to(filters, edge))
    return Ways([_statement(filters, matching, _reversed(order) if filters.before else order)], edge)


def _up_to(filters: Filters, edge: int | None) -> tuple[ColumnElement[bool], ...]:
    if edge is None:
        return ()
    return (SCANS.c.seq <= edge if filters.order == "oldest" else SCANS.c.seq >= edge,)


def walked(filters: Filters, places: ColumnElement[bool]) -> Select[Any]:
    """Write the query for all matching rows at some places, in the order of recording.

    Parameters
    ----------
    filters : Filters
        Their order, limit and offset do not count.
    places : ColumnElement of bool
        Of `scans.seq`.

    Returns
    -------
    Select
    """
    matching = (*conditions(filters, None), places)
    return _statement(replace(filters, limit=None), matching, (SCANS.c.seq.asc(),))


def _no_index_knows(filters: Filters) -> bool:
    """Say whether something is asked for that is looked at in each row that an order leads to."""
    return _rest(filters) != Filters()


def _rest(filters: Filters) -> Filters:
    """Leave only what no index knows."""
    indexed = dict.fromkeys(("decision", "outcome", "error_code", "min_probability", "max_probability"))
    course = dict.fromkeys(("since", "until", "limit", "after", "before", "reach"))
    return replace(filters, **indexed, **course, offset=0, order="oldest")  # type: ignore[arg-type] # each may be


def _are_rare(connection: Connection, filters: Filters, last: int) -> bool:
    """Say whether hardly a row matches what no index knows, going by some of all times.

    Then all rows, or those within reach, are gone through in the order in which they lie on the disk: sooner
    than in another order.
    """
    if not _no_index_knows(filters):
        return False
    least = RARE if filters.reach is None else RARE_WITHIN_REACH
    starts = (last * part // PROBES for part in range(PROBES))
    probed = or_(*(SCANS.c.seq.between(start + 1, start + PROBED // PROBES) for start in starts))
    some = select(SCANS.c.seq).where(probed, *conditions(_rest(filters), None)).limit(least)
    return int(connection.scalar(select(func.count()).select_from(some.subquery())) or 0) < least


def _of_index(lead: Lead | None) -> tuple[ColumnElement[bool], ...]:
    """Return the condition of an index of a part of the rows, without which it is not used."""
    return (SCANS.c.error_code.is_not(None),) if lead == "code" else ()


def _place(connection: Connection, scan_id: str | None) -> Place | None:
    if scan_id is None:
        return None
    asked = select(SCANS.c.seq, SCANS.c.outcome, SCANS.c.decision, SCANS.c.probability).where(
        SCANS.c.scan_id == scan_id
    )
    row = connection.execute(asked).one_or_none()
    if row is None:
        raise NoSuchScan("the scan at which this part of the list begins or ends is gone: begin anew")
    return Place(row.seq, BY_SUSPICION.index(row.decision or row.outcome), row.probability or 0.0)


def _with_outcome(filters: Filters) -> Filters:
    """Name the outcome that an error code implies, for the index begins with it."""
    if filters.error_code is None or filters.outcome is not None:
        return filters
    return replace(filters, outcome=outcome_of(filters.error_code))


def _rank_by_rank(filters: Filters, place: Place | None) -> Iterator[Select[Any]]:
    """Yield a statement for each rank that can have such rows, in their order; each walks an index."""
    ranks = [number for number, word in enumerate(BY_SUSPICION) if _can_have(word, filters)]
    if filters.before is not None:
        ranks.reverse()
    for rank in ranks:
        beyond: tuple[ColumnElement[bool], ...] = ()
        if place is not None:
            if rank != place.rank and (rank < place.rank) is (filters.before is None):
                continue
            beyond = _beyond_in_rank(filters, place) if rank == place.rank else ()
        word = BY_SUSPICION[rank]
        if word in DECISIONS:
            of_rank = conditions(replace(filters, decision=word), "answer")
            order: tuple[ColumnElement[Any], ...] = (SCANS.c.probability.desc(), SCANS.c.seq.desc())
        else:
            of_rank = conditions(replace(filters, outcome=word), "code")
            beyond += _of_index("code")
            order = (SCANS.c.seq.desc(),)
        yield _statement(filters, (*of_rank, *beyond), _reversed(order) if filters.before else order)


def _can_have(word: str, filters: Filters) -> bool:
    if word in DECISIONS:
        return (
            filters.decision in (None, word)
            and filters.outcome in (None, CLASSIFIED)
            and not filters.error_code
        )
    has_answer = (filters.decision, filters.min_probability, filters.max_probability) != (None, None, None)
    return filters.outcome in (None, word) and not has_answer


def _statement(
    filters: Filters, matching: Sequence[ColumnElement[bool]], order: Sequence[ColumnElement[Any]]
) -> Select[Any]:
    """Write the query; where there is a limit, columns are made of the rows within it alone."""
    columns = select(*view_columns()).select_from(SCANS)
    if filters.limit is None:
        columns = columns.where(*matching)
    else:
        part = select(SCANS.c.seq).where(*matching).order_by(*order).limit(filters.limit)
        chosen = (part.offset(filters.offset) if filters.offset else part).subquery("part")
        columns = columns.join(chosen, chosen.c.seq == SCANS.c.seq)
    return columns.outerjoin(MODELS, MODELS.c.id == SCANS.c.model_id).order_by(*order)


def _by_seq(filters: Filters, lead: Lead | None) -> tuple[ColumnElement[Any], ...]:
    # The sum keeps a planner from meeting few rows by going through all in this order.
    seq: Any = SCANS.c.seq if lead in (None, "code") else SCANS.c.seq + 0
    return (seq.asc() if filters.order == "oldest" else seq.desc(),)


def _by_rank() -> tuple[ColumnElement[Any], ...]:
    return _rank().asc(), func.coalesce(SCANS.c.probability, 0.0).desc(), SCANS.c.seq.desc()


def _rank() -> ColumnElement[int]:
    words = enumerate(BY_SUSPICION)
    return case(
        *(
            ((SCANS.c.decision if word in DECISIONS else SCANS.c.outcome) == word, place)
            for place, word in words
        )
    )


def _reversed(order: Sequence[ColumnElement[Any]]) -> tuple[ColumnElement[Any], ...]:
    return tuple(
        one.element.desc() if one.modifier is operators.asc_op else one.element.asc() for one in order
    )


def _begins(connection: Connection, filters: Filters, place: Place | None, last: int) -> int:
    """Return the place in the order of recording beside which the order begins, which is left out itself.

    Where a time is asked for, it begins at the first row that this lets through, instead of going through
    all before it.
    """
    if place is not None:
        return place.seq
    seq = SCANS.c.seq + 0  # else SQLite looks for the least by going through all in this order
    if filters.order == "oldest":
        if filters.since is None:
            return 0
        first = connection.scalar(select(func.min(seq)).where(SCANS.c.finished_at >= filters.since))
        return (first or 1) - 1
    if filters.until is None:
        return last + 1
    return (connection.scalar(select(func.max(seq)).where(SCANS.c.finished_at < filters.until)) or 0) + 1


def _beyond_seq(filters: Filters, begins: int) -> tuple[ColumnElement[bool], ...]:
    is_upwards = (filters.order == "oldest") is (filters.before is None)
    return (SCANS.c.seq > begins if is_upwards else SCANS.c.seq < begins,)


def _beyond_rank(filters: Filters, place: Place) -> tuple[ColumnElement[bool], ...]:
    key = tuple_(-_rank(), func.coalesce(SCANS.c.probability, 0.0), SCANS.c.seq)
    at = tuple_(*map(literal, (-place.rank, place.probability, place.seq)))
    return (key < at if filters.before is None else key > at,)


def _beyond_in_rank(filters: Filters, place: Place) -> tuple[ColumnElement[bool], ...]:
    if BY_SUSPICION[place.rank] not in DECISIONS:
        return (SCANS.c.seq < place.seq if filters.before is None else SCANS.c.seq > place.seq,)
    if filters.before is None:
        later = or_(SCANS.c.probability < place.probability, SCANS.c.seq < place.seq)
        return (SCANS.c.probability <= place.probability, later)
    earlier = or_(SCANS.c.probability > place.probability, SCANS.c.seq > place.seq)
    return (SCANS.c.probability >= place.probability, earlier)
