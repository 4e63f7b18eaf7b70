"""Which files the rows name, read in slices: no transaction lasts, whatever the number of rows.

A reader that goes on for long keeps SQLite from writing its log back, and PostgreSQL from tidying up.
"""

from collections.abc import Generator, Mapping
from typing import Any, Final

from sqlalchemy import Engine, bindparam, exists, select

from storage.schema import SCANS
from storage.translate import translated_errors

_A_SLICE: Final = 500
_STORED_AFTER: Final = (
    select(SCANS.c.seq, SCANS.c.scan_id, SCANS.c.stored_path, SCANS.c.sha256)
    .where(SCANS.c.seq > bindparam("last"), SCANS.c.is_canary.is_(False))
    .order_by(SCANS.c.seq)
    .limit(_A_SLICE)
)


def stored_rows(engine: Engine) -> Generator[Mapping[str, Any], None, None]:
    """Yield what rows say of their files, canaries left out, in the order of recording.

    Rows that are written meanwhile may come too.

    Parameters
    ----------
    engine : Engine

    Yields
    ------
    mapping
        With ``scan_id``, ``stored_path`` and ``sha256``.
    """
    last = 0
    while True:
        with translated_errors("reading which files rows name"), engine.connect() as connection:
            found = connection.execute(_STORED_AFTER, {"last": last}).all()
        yield from (row._asdict() for row in found)
        if len(found) < _A_SLICE:
            return
        last = found[-1].seq


def was_requeued(engine: Engine, scan_id: str) -> bool:
    """Return whether another scan says that it was this one before.

    Parameters
    ----------
    engine : Engine
    scan_id : str

    Returns
    -------
    bool
    """
    with translated_errors("looking for a requeued scan"), engine.connect() as connection:
        return bool(connection.scalar(select(exists().where(SCANS.c.requeued_from == scan_id))))
