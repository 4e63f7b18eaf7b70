"""Which rows were recorded since a reader last looked: by the order of recording, not by a clock.

On PostgreSQL several daemons may record at once. A row gets its place in the order before its transaction
ends, so that one with a lower number may come to be seen later. What was missing below the highest number is
therefore remembered as a gap, and looked into again.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, func, or_, select

from storage.filters import Filters
from storage.queries import reading, rows_within
from storage.schema import SCANS
from storage.translate import translated_errors

Span = tuple[int, int]
"""The first and the last place of some that follow each other in the order of recording."""

MOST_GAPS: Final = 100
"""The newest are kept: a transaction lasts seconds, and what is older was never recorded."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Up to where a reader knows the rows.

    Parameters
    ----------
    last : int
        The place of the last row; 0 before the first.
    scan_id : str or None
        Of that row, by which a database is known again.
    gaps : tuple of Span
        Below it, what was not there.
    """

    last: int = 0
    scan_id: str | None = None
    gaps: tuple[Span, ...] = ()


BEGINNING: Final = Mark()


@dataclass(frozen=True, slots=True)
class New:
    """What was recorded since a mark.

    Parameters
    ----------
    spans : tuple of Span
        The places of new rows.
    mark : Mark
        The next one.
    """

    spans: tuple[Span, ...]
    mark: Mark


def mark_now(engine: Engine) -> Mark:
    """Return the mark of a reader who wants none of the rows that stand.

    Parameters
    ----------
    engine : Engine

    Returns
    -------
    Mark

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    return new_rows(engine, BEGINNING).mark


def as_plain(mark: Mark) -> dict[str, Any]:
    """Write a mark as JSON has it.

    Parameters
    ----------
    mark : Mark

    Returns
    -------
    dict
    """
    return {"last": mark.last, "scan_id": mark.scan_id, "gaps": mark.gaps}


def from_plain(noted: Mapping[str, Any]) -> Mark:
    """Read a mark that `as_plain` wrote.

    Parameters
    ----------
    noted : mapping

    Returns
    -------
    Mark

    Raises
    ------
    ValueError, LookupError, TypeError
        It is none.
    """
    gaps = tuple((int(first), int(last)) for first, last in noted["gaps"])
    return Mark(int(noted["last"]), noted["scan_id"], gaps)


def new_rows(engine: Engine, mark: Mark, most: int | None = None) -> New:
    """Look which rows were recorded since a mark.

    Parameters
    ----------
    engine : Engine
        May be read-only.
    mark : Mark
    most : int, optional
        Look no further than so many rows above the mark: the next look goes on there.

    Returns
    -------
    New
        Of what was seen in one moment; rows that come later belong to the next look.

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    with translated_errors("looking for new rows"), engine.connect() as connection:
        highest = connection.execute(_last_above(mark.last, most)).one_or_none()
        filled = _places(connection, mark.gaps)
        last, scan_id = (mark.last, mark.scan_id) if highest is None else (highest.seq, highest.scan_id)
        missing = _missing(connection, mark.last, last)
    spans = [(place, place) for place in filled] + _between(missing, mark.last + 1, last)
    gaps = [left for gap in mark.gaps for left in _between([(one, one) for one in filled], *gap)]
    return New(tuple(spans), Mark(last, scan_id, tuple([*gaps, *missing][-MOST_GAPS:])))


def still_holds(engine: Engine, mark: Mark) -> bool:
    """Return whether the row of a mark stands where it was: else it is another database, or an older state.

    Parameters
    ----------
    engine : Engine
    mark : Mark

    Returns
    -------
    bool

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    if not mark.last:
        return True
    with translated_errors("looking for a row"), engine.connect() as connection:
        return connection.scalar(select(SCANS.c.scan_id).where(SCANS.c.seq == mark.last)) == mark.scan_id


def rows_of(
    engine: Engine, new: New, filters: Filters | None = None
) -> Generator[Mapping[str, Any], None, None]:
    """Yield the new rows of the view `results`; exhaust or close the iterator, for it holds a connection.

    Parameters
    ----------
    engine : Engine
    new : New
    filters : Filters, optional

    Yields
    ------
    mapping
        Column of `RESULT_COLUMNS` and value.

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    with reading(engine, "reading new rows") as connection:
        yield from rows_within(connection, places_of(new), filters or Filters())


def places_of(new: New) -> ColumnElement[bool]:
    """Say in SQL which rows of `scans` are new.

    Parameters
    ----------
    new : New

    Returns
    -------
    ColumnElement of bool
    """
    return _in(new.spans)


def _last_above(place: int, most: int | None) -> Select[int, str]:
    """Select the last row above a place, or the last of the first so many."""
    above = select(SCANS.c.seq, SCANS.c.scan_id).where(SCANS.c.seq > place)
    if most is None:
        return above.order_by(SCANS.c.seq.desc()).limit(1)
    first = above.order_by(SCANS.c.seq).limit(most).subquery()
    return select(first.c.seq, first.c.scan_id).order_by(first.c.seq.desc()).limit(1)


def _in(spans: tuple[Span, ...]) -> ColumnElement[bool]:
    return or_(False, *(and_(SCANS.c.seq >= first, SCANS.c.seq <= last) for first, last in spans))


def _places(connection: Connection, gaps: tuple[Span, ...]) -> list[int]:
    """List the places in gaps at which there is a row now."""
    if not gaps:
        return []
    return list(connection.scalars(select(SCANS.c.seq).where(_in(gaps)).order_by(SCANS.c.seq)))


def _missing(connection: Connection, after: int, last: int) -> list[Span]:
    """List the newest gaps between two places."""
    before = func.lag(SCANS.c.seq, 1, after).over(order_by=SCANS.c.seq).label("before")
    beside = select(SCANS.c.seq, before).where(SCANS.c.seq > after, SCANS.c.seq <= last).subquery()
    newest = (
        select(beside.c.before, beside.c.seq)
        .where(beside.c.seq > beside.c.before + 1)
        .order_by(beside.c.seq.desc())
        .limit(MOST_GAPS)
    )
    return sorted((row.before + 1, row.seq - 1) for row in connection.execute(newest))


def _between(holes: list[Span], first: int, last: int) -> list[Span]:
    """List the spans from the first place to the last that are left beside holes, which are in order."""
    left = []
    for begins, ends in holes:
        if ends < first or begins > last:
            continue
        if begins > first:
            left.append((first, begins - 1))
        first = ends + 1
    if first <= last:
        left.append((first, last))
    return left
