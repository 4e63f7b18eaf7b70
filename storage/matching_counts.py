"""How many of the scans that match filters ended in which way."""

from dataclasses import replace

from sqlalchemy import Engine, func

from storage.filters import Filters, matching
from storage.queries import Count
from storage.schema import RESULTS
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
    ways = (RESULTS.c.outcome, RESULTS.c.error_code, RESULTS.c.decision)
    statement = (
        matching(replace(filters, limit=None, offset=0, order="oldest"))
        .with_only_columns(*ways, func.count(), maintain_column_froms=True)
        .order_by(None)
        .group_by(*ways)
    )
    with translated_errors("counting scans"), engine.connect() as connection:
        found = [Count(*row) for row in connection.execute(statement)]
    return tuple(
        sorted(found, key=lambda count: (count.outcome, count.error_code or "", count.decision or ""))
    )
