"""Rows as tables want them: some thousand at a time, column by column, as the database holds them.

A mapping for each row, and an object for each time in it, cost more than to read the row and to write it.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Select, Text, type_coerce

from storage.filters import Filters
from storage.queries import reading
from storage.recorded_since import New, places_of
from storage.reviews import chosen_reviews
from storage.times import UtcTime
from storage.view_columns import CodesAsText, codes_as_text
from storage.ways import walked, ways

Batch = Sequence[Sequence[Any]]
"""The values of some rows, a sequence for each column of a table, in its order; never of no row.

A time may be the text that SQLite holds: see `storage.times.utc_text` and `utc_moment`.
"""

ROWS_A_BATCH: Final = 2_000
"""They take about 6 MB as objects of Python."""


def result_batches(engine: Engine, filters: Filters) -> Generator[Batch, None, None]:
    """Yield rows of the view `results`, from one state of the database.

    Exhaust or close the iterator, for it holds a connection.

    Parameters
    ----------
    engine : Engine
    filters : Filters
        Without a limit, and without a place to end before.

    Yields
    ------
    Batch
        Of the columns of `storage.results_view.RESULTS`.

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    with reading(engine, "reading results") as connection:
        yield from _streamed(connection, ways(connection, filters).statements)


def new_batches(engine: Engine, new: New) -> Generator[Batch, None, None]:
    """Yield rows of the view `results` that are new to a reader, in the order of recording.

    Parameters
    ----------
    engine : Engine
    new : New

    Yields
    ------
    Batch
        Of the columns of `storage.results_view.RESULTS`.

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    with reading(engine, "reading new rows") as connection:
        yield from _streamed(connection, [walked(Filters(), places_of(new))])


def review_batches(
    engine: Engine, since: datetime | None = None, until: datetime | None = None
) -> Generator[Batch, None, None]:
    """Yield all reviews in the order in which they came, from one state of the database.

    Parameters
    ----------
    engine : Engine
    since, until : datetime, optional
        Aware; half-open on reviewed_at.

    Yields
    ------
    Batch
        Of the columns of `storage.reviews.REVIEWS`.

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    with reading(engine, "reading reviews") as connection:
        yield from _streamed(connection, [chosen_reviews(since, until)])


def _streamed(connection: Connection, statements: Iterable[Select[Any]]) -> Iterator[Batch]:
    options = {"stream_results": True, "yield_per": ROWS_A_BATCH}
    for statement in statements:
        columns = tuple(statement.selected_columns)
        made = {place: of for place, column in enumerate(columns) if (of := _made_of(column))}
        as_held = statement.with_only_columns(*map(_as_held, columns))
        # closed by name, for a cursor of the server outlives it else
        with connection.execute(as_held, execution_options=options) as found:
            for rows in found.partitions():
                batch: list[Sequence[Any]] = list(zip(*rows, strict=True))
                for place, of in made.items():
                    batch[place] = list(map(of, batch[place]))
                yield batch


def _as_held(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Take a column's values as the driver gives them, which costs a call of Python less for each."""
    is_made = isinstance(column.type, (UtcTime, CodesAsText))
    return type_coerce(column, Text()).label(column.name) if is_made else column


def _made_of(column: ColumnElement[Any]) -> Callable[[Any], Any] | None:
    return codes_as_text if isinstance(column.type, CodesAsText) else None
