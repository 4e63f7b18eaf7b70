"""What people ask the results database, also while a daemon writes (`open_engine(url, readonly=True)`)."""

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, func, select

from storage.filters import Filters, is_superseded
from storage.results_view import RESULT_COLUMNS
from storage.schema import SCANS
from storage.times import require_aware
from storage.translate import translated_errors
from storage.vocabulary import outcome_of
from storage.ways import walked, ways

ROWS_A_FETCH = 500


@dataclass(frozen=True, slots=True)
class Count:
    """How many scans ended in one way.

    Parameters
    ----------
    outcome : str
    error_code, decision : str or None
    scans : int
    """

    outcome: str
    error_code: str | None
    decision: str | None
    scans: int


def results(engine: Engine, filters: Filters | None = None) -> Generator[Mapping[str, Any], None, None]:
    """Yield rows of the view `results`.

    Rows are streamed from one snapshot: a database of any size takes a few hundred rows of memory. Exhaust or
    close the iterator, for it holds a connection.

    Parameters
    ----------
    engine : Engine
    filters : Filters, optional
        Without, all rows.

    Yields
    ------
    mapping
        Column of `RESULT_COLUMNS` and value.

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    with reading(engine, "reading results") as connection:
        yield from rows_in(connection, filters or Filters())


@contextmanager
def reading(engine: Engine, doing: str) -> Iterator[Connection]:
    """Give a connection whose statements all see one state of the database.

    Parameters
    ----------
    engine : Engine
    doing : str
        What is being done, for a message.

    Yields
    ------
    Connection

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    one_state: Any = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with translated_errors(doing), engine.connect().execution_options(**one_state) as connection:
        yield connection


def rows_in(connection: Connection, filters: Filters) -> Iterator[Mapping[str, Any]]:
    """Yield rows of the view `results`, streamed.

    Parameters
    ----------
    connection : Connection
        Of `reading`.
    filters : Filters

    Yields
    ------
    mapping
        Column of `RESULT_COLUMNS` and value.
    """
    statements = ways(connection, filters).statements
    if filters.before is None:
        yield from islice(_streamed(connection, statements), filters.limit)
        return
    yield from reversed(list(islice(_streamed(connection, statements), filters.limit)))


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the results, and whether more may match that was not looked at.

    Attributes
    ----------
    rows : list of mapping
        Column of `RESULT_COLUMNS` and value.
    looked_to : datetime or None
        When the farthest scan was finished that was looked at, if others were not; see `Filters.reach`.
    """

    rows: list[Mapping[str, Any]]
    looked_to: datetime | None


def part_of(engine: Engine, filters: Filters) -> Part:
    """Return a part of the view `results`.

    Parameters
    ----------
    engine : Engine
    filters : Filters
        With a limit.

    Returns
    -------
    Part

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    with reading(engine, "reading results") as connection:
        found = ways(connection, filters)
        rows = list(islice(_streamed(connection, found.statements), filters.limit))
        is_full = len(rows) == filters.limit
        looked_to = None if is_full or found.edge is None else _looked_to(connection, filters, found.edge)
    return Part(rows[::-1] if filters.before else rows, looked_to)


def _looked_to(connection: Connection, filters: Filters, edge: int) -> datetime | None:
    """Return when the farthest scan was finished that was looked at; None if there is none beyond it."""
    seq = SCANS.c.seq
    is_beyond, is_within = (
        (seq > edge, seq <= edge) if filters.order == "oldest" else (seq < edge, seq >= edge)
    )
    if connection.scalar(select(seq).where(is_beyond).limit(1)) is None:
        return None
    farthest = seq.desc() if filters.order == "oldest" else seq.asc()
    return connection.scalar(select(SCANS.c.finished_at).where(is_within).order_by(farthest).limit(1))


def rows_within(
    connection: Connection, places: ColumnElement[bool], filters: Filters
) -> Iterator[Mapping[str, Any]]:
    """Yield rows of the view `results` that stand at some places in the order of recording, in that order.

    Parameters
    ----------
    connection : Connection
        Of `reading`.
    places : ColumnElement of bool
        Says which, of `scans.seq`.
    filters : Filters
        Their order, limit and offset do not count.

    Yields
    ------
    mapping
        Column of `RESULT_COLUMNS` and value.
    """
    return _streamed(connection, [walked(filters, places)])


def _streamed(connection: Connection, statements: Iterable[Select[Any]]) -> Iterator[Mapping[str, Any]]:
    options = {"stream_results": True, "yield_per": ROWS_A_FETCH}
    for statement in statements:
        # closed by name, for a cursor of the server outlives it else
        with connection.execute(statement, execution_options=options) as found:
            for rows in found.partitions():
                for row in rows:
                    yield dict(zip(RESULT_COLUMNS, row, strict=True))


def counts(engine: Engine, since: datetime | None = None, *, only_current: bool = False) -> tuple[Count, ...]:
    """Return how many scans ended in each way, canaries not counted.

    Parameters
    ----------
    engine : Engine
    since : datetime, optional
        Aware: only scans that were finished then or later.
    only_current : bool
        Leave out scans that were requeued and have an answer since.

    Returns
    -------
    tuple of Count
        By outcome, error code and decision, in that order.
    """
    ways = (SCANS.c.error_code, SCANS.c.decision)  # which the index of times holds, so that no row is read
    statement = select(*ways, func.count()).where(SCANS.c.is_canary.is_(False)).group_by(*ways)
    if since is not None:
        statement = statement.where(SCANS.c.finished_at >= require_aware(since))
    if only_current:
        statement = statement.where(~is_superseded(SCANS.c.scan_id))
    with translated_errors("counting scans"), engine.connect() as connection:
        found = [Count(outcome_of(row[0]), *row) for row in connection.execute(statement)]
    return tuple(
        sorted(found, key=lambda count: (count.outcome, count.error_code or "", count.decision or ""))
    )
