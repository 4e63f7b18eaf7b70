"""Rows by what few values say: a region, a modality, a device, a model.

Which values there are, is found by an index that is left at each for the next one, so that what no row has is
known at once. With the values, in the letters in which they stand, the index leads to their rows.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, exists, false, func, literal, or_, select

from storage.devices import NAMES
from storage.filters import Filters, Lead
from storage.letters import has_part, is_same_text
from storage.schema import MODELS, SCANS

MOST_VALUES: Final = 1_000
"""A header may say anything: among more values than these, none is looked for."""

_Test = Callable[[ColumnElement[Any], str], ColumnElement[bool]]


def by_value(connection: Connection, filters: Filters) -> Iterator[tuple[Lead, ColumnElement[bool]]]:
    """Yield for each filter by such a value in which rows alone its scans can be, as an index has them.

    Parameters
    ----------
    connection : Connection
    filters : Filters

    Yields
    ------
    Lead
    ColumnElement of bool
        False where no row has such a value. It replaces no filter.
    """
    if filters.model is not None:
        named = select(MODELS.c.id).where(has_part(MODELS.c.name + "@" + MODELS.c.version, filters.model))
        if not connection.execute(named.limit(1)).all():
            yield "model", false()
    asked: tuple[tuple[Lead, Any, str | None, _Test], ...] = (
        ("region", SCANS.c.region, filters.region, is_same_text),
        ("modality", SCANS.c.modality, filters.modality, is_same_text),
        ("device", SCANS.c.device, filters.device, _names_have),
    )
    for lead, column, text, test in asked:
        values = None if text is None else _values(connection, column.key, text, test)
        if values is not None:
            yield lead, column.in_(values) if values else false()


def _values(connection: Connection, name: str, text: str, test: _Test) -> list[str] | None:
    """Return the values of an indexed column that pass a test; None if there are too many to be looked at."""
    column = _scan(0).c[name]
    of_index = select(column).where(column.is_not(None)).order_by(column).limit(1)
    found = select(of_index.scalar_subquery().label("value"), literal(1).label("number")).cte(recursive=True)
    following = of_index.where(column > found.c.value).correlate(found).scalar_subquery()
    further = (found.c.value.is_not(None), found.c.number <= MOST_VALUES)
    found = found.union_all(select(following, found.c.number + 1).where(*further))
    rows = connection.execute(select(found.c.value, found.c.number, test(found.c.value, text))).all()
    there = [(value, number, passes) for value, number, passes in rows if value is not None]
    if any(number > MOST_VALUES for _, number, _ in there):
        return None
    return [value for value, _, passes in there if passes]


@cache
def _scan(number: int) -> Any:
    """Return the table by a name of its own: to make one takes longer than the rest of a question."""
    return SCANS.alias(f"scan_{number}")


def _names_have(device: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Say in SQL that the first or the latest scan of a device names it so: a hash has one name for both."""
    seen, of_device = _scan(1), _scan(2)
    names = or_(*(has_part(seen.c[name], text) for name in NAMES))
    ends = (
        select(end(of_device.c.seq))
        .where(of_device.c.device == device)
        .correlate_except(of_device)
        .scalar_subquery()
        for end in (func.min, func.max)
    )
    return or_(*(exists().where(seen.c.seq == end, names).correlate_except(seen) for end in ends))
