"""The ways to the rows that are asked for: which is the short one, and what it looks like in SQL.

An order is walked until enough rows were found, which is short where many rows match. Where few do, these are
found by an index and sorted. Which of both it is, is counted, up to a bound: a planner has only statistics,
and SQLite's are a day old.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, case, func, literal, or_, select, tuple_
from sqlalchemy.sql import operators

from storage.errors import NoSuchScan
from storage.filters import Filters, Lead, conditions
from storage.schema import Model, Scan
from storage.view_columns import view_columns
from storage.vocabulary import BY_SUSPICION, CLASSIFIED, DECISIONS, FAILED, REJECTED, REJECTED_CODES

FEW: Final = 5_000
"""So many rows are found by an index and sorted sooner than they are met in the order of a large table."""
PROBED: Final = 10_000
PROBES: Final = 20
RARE: Final = 5
"""Of so many rows, in so many places, so few match a filter that has no index."""


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


def ways(connection: Connection, filters: Filters) -> Iterator[Select[Any]]:
    """Yield the statements whose rows, one after the other, are those that are asked for.

    Parameters
    ----------
    connection : Connection
        On which they will run: what is counted and what is read should be one state of the database.
    filters : Filters
        With `before`, the rows come backwards. Each statement has their whole limit: stop when it is reached.

    Yields
    ------
    Select
        Of the columns of the view `results`.

    Raises
    ------
    NoSuchScan
        No scan has the id that they begin after, or end before.
    """
    place = _place(connection, filters.after or filters.before)
    filters = _with_outcome(filters)
    lead = lead_of(connection, filters)
    if filters.order == "suspicious":
        is_to_be_walked = lead is None and not filters.offset and not _is_small(connection)
        if is_to_be_walked and not _are_rare(connection, filters):
            yield from _rank_by_rank(filters, place)
            return
        order, beyond = _by_rank(), () if place is None else _beyond_rank(filters, place)
    else:
        if lead is None and filters.outcome in (FAILED, REJECTED):
            lead = "code"  # in the index of which they stand in the order of recording
        order = _by_seq(filters, lead)
        beyond = _begun(connection, filters) if place is None else _beyond_seq(filters, place)
    matching = (*conditions(filters, lead), *_of_index(lead), *beyond)
    yield _statement(filters, matching, _reversed(order) if filters.before else order)


def _is_small(connection: Connection) -> bool:
    """Return whether all rows are so few that one statement sorts them sooner than six walk."""
    return (connection.scalar(select(func.max(Scan.seq))) or 0) <= FEW


def walked(filters: Filters, places: ColumnElement[bool]) -> Select[Any]:
    """Write the query for all matching rows at some places, in the order of recording.

    Parameters
    ----------
    filters : Filters
        Their order, limit and offset do not count.
    places : ColumnElement of bool
        Of `Scan.seq`.

    Returns
    -------
    Select
    """
    matching = (*conditions(filters, None), places)
    return _statement(replace(filters, limit=None), matching, (Scan.seq.asc(),))


def lead_of(connection: Connection, filters: Filters) -> Lead | None:
    """Return by what few rows are found that all others are among, if there is such a way.

    Parameters
    ----------
    connection : Connection
    filters : Filters

    Returns
    -------
    Lead or None
        The first that leads to `FEW` rows at most.
    """
    return next((lead for lead, alone in _leads(filters) if _are_few(connection, lead, alone)), None)


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


def _are_few(connection: Connection, lead: Lead, alone: Filters) -> bool:
    some = select(Scan.seq).where(*list(conditions(alone, lead))[1:]).limit(FEW + 1)  # canaries too
    return int(connection.scalar(select(func.count()).select_from(some.subquery())) or 0) <= FEW


def _are_rare(connection: Connection, filters: Filters) -> bool:
    """Say whether hardly a row matches what no index knows, going by some of all times.

    Then all rows are gone through in the order in which they lie on the disk: sooner than in another order.
    """
    indexed = {"decision", "outcome", "error_code", "min_probability", "max_probability", "since", "until"}
    rest = replace(filters, **dict.fromkeys(indexed))  # type: ignore[arg-type] # each may be None
    if rest == replace(Filters(), order=rest.order, limit=rest.limit, after=rest.after, before=rest.before):
        return False
    last = connection.scalar(select(func.max(Scan.seq))) or 0
    starts = (last * part // PROBES for part in range(PROBES))
    probed = or_(*(Scan.seq.between(start + 1, start + PROBED // PROBES) for start in starts))
    some = select(Scan.seq).where(probed, *conditions(rest, None)).limit(RARE)
    return int(connection.scalar(select(func.count()).select_from(some.subquery())) or 0) < RARE


def _of_index(lead: Lead | None) -> tuple[ColumnElement[bool], ...]:
    """Return the condition of an index of a part of the rows, without which it is not used."""
    return (Scan.error_code.is_not(None),) if lead == "code" else ()


def _place(connection: Connection, scan_id: str | None) -> Place | None:
    if scan_id is None:
        return None
    asked = select(Scan.seq, Scan.outcome, Scan.decision, Scan.probability).where(Scan.scan_id == scan_id)
    row = connection.execute(asked).one_or_none()
    if row is None:
        raise NoSuchScan("the scan at which this part of the list begins or ends is gone: begin anew")
    return Place(row.seq, BY_SUSPICION.index(row.decision or row.outcome), row.probability or 0.0)


def _with_outcome(filters: Filters) -> Filters:
    """Name the outcome that an error code implies, for the index begins with it."""
    if filters.error_code is None or filters.outcome is not None:
        return filters
    return replace(filters, outcome=REJECTED if filters.error_code in REJECTED_CODES else FAILED)


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
            order: tuple[ColumnElement[Any], ...] = (Scan.probability.desc(), Scan.seq.desc())
        else:
            of_rank = conditions(replace(filters, outcome=word), "code")
            beyond += _of_index("code")
            order = (Scan.seq.desc(),)
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
    columns = select(*view_columns()).select_from(Scan)
    if filters.limit is None:
        columns = columns.where(*matching)
    else:
        part = select(Scan.seq).where(*matching).order_by(*order).limit(filters.limit)
        chosen = (part.offset(filters.offset) if filters.offset else part).subquery("part")
        columns = columns.join(chosen, chosen.c.seq == Scan.seq)
    return columns.outerjoin(Model, Model.id == Scan.model_id).order_by(*order)


def _by_seq(filters: Filters, lead: Lead | None) -> tuple[ColumnElement[Any], ...]:
    # The sum keeps a planner from meeting few rows by going through all in this order.
    seq: Any = Scan.seq if lead in (None, "code") else Scan.seq + 0
    return (seq.asc() if filters.order == "oldest" else seq.desc(),)


def _by_rank() -> tuple[ColumnElement[Any], ...]:
    return _rank().asc(), func.coalesce(Scan.probability, 0.0).desc(), Scan.seq.desc()


def _rank() -> ColumnElement[int]:
    words = enumerate(BY_SUSPICION)
    return case(
        *(((Scan.decision if word in DECISIONS else Scan.outcome) == word, place) for place, word in words)
    )


def _reversed(order: Sequence[ColumnElement[Any]]) -> tuple[ColumnElement[Any], ...]:
    return tuple(
        one.element.desc() if one.modifier is operators.asc_op else one.element.asc() for one in order
    )


def _beyond_seq(filters: Filters, place: Place) -> tuple[ColumnElement[bool], ...]:
    is_upwards = (filters.order == "oldest") is (filters.before is None)
    return (Scan.seq > place.seq if is_upwards else Scan.seq < place.seq,)


def _begun(connection: Connection, filters: Filters) -> tuple[ColumnElement[bool], ...]:
    """Begin at the first row that a time lets through, instead of going through all before it."""
    seq = Scan.seq + 0  # else SQLite looks for the least by going through all in this order
    if filters.order == "oldest" and filters.since is not None:
        first = connection.scalar(select(func.min(seq)).where(Scan.finished_at >= filters.since))
        return (Scan.seq >= (first or 0),)
    if filters.order == "newest" and filters.until is not None:
        last = connection.scalar(select(func.max(seq)).where(Scan.finished_at < filters.until))
        return (Scan.seq <= (last or 0),)
    return ()


def _beyond_rank(filters: Filters, place: Place) -> tuple[ColumnElement[bool], ...]:
    key = tuple_(-_rank(), func.coalesce(Scan.probability, 0.0), Scan.seq)
    at = tuple_(*map(literal, (-place.rank, place.probability, place.seq)))
    return (key < at if filters.before is None else key > at,)


def _beyond_in_rank(filters: Filters, place: Place) -> tuple[ColumnElement[bool], ...]:
    if BY_SUSPICION[place.rank] not in DECISIONS:
        return (Scan.seq < place.seq if filters.before is None else Scan.seq > place.seq,)
    if filters.before is None:
        later = or_(Scan.probability < place.probability, Scan.seq < place.seq)
        return (Scan.probability <= place.probability, later)
    earlier = or_(Scan.probability > place.probability, Scan.seq > place.seq)
    return (Scan.probability >= place.probability, earlier)
