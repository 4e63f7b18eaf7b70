"""How many of the scans that match filters ended in which way."""

from sqlalchemy import Engine, func, select

from storage.filters import Filters, conditions
from storage.leads import lead_of
from storage.queries import Count
from storage.schema import SCANS
from storage.translate import translated_errors


def matching_counts(engine: Engine, filters: Filters) -> tuple[Count, ...]:
    """Count scans by the way in which they ended.

    Parameters
    ----------
    engine : Engine
        May be read-only.
    filters : Filters
        Order, limit and offset do not count.

    Returns
    -------
    tuple of Count
        By outcome, error code and decision, in that order.

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    ways = (SCANS.c.outcome, SCANS.c.error_code, SCANS.c.decision)
    with translated_errors("counting scans"), engine.connect() as connection:
        way = lead_of(connection, filters)
        matching = (*conditions(filters, way.lead), *way.within)
        statement = select(*ways, func.count()).where(*matching).group_by(*ways)
        found = [Count(*row) for row in connection.execute(statement)]
    return tuple(
        sorted(found, key=lambda count: (count.outcome, count.error_code or "", count.decision or ""))
    )
