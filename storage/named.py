"""Which scans have a name: that of the file when it arrived, or that of its place now."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Engine, func, or_, select

from storage.schema import SCANS
from storage.translate import translated_errors


def scans_named(
    engine: Engine,
    *,
    stored_paths: Collection[str],
    source_names: Collection[str],
    limit: int,
    last_parts: Collection[str] = (),
) -> tuple[str, ...]:
    """Return the ids of the scans whose row has one of these names, or else of those whose name ends so.

    Parameters
    ----------
    engine : Engine
    stored_paths, source_names : collection of str
        As rows hold them.
    limit : int
        Return at most so many.
    last_parts : collection of str
        Of a source's name, after its last slash, as rows hold them; asked for only where no row has one of
        the names.

    Returns
    -------
    tuple of str
        The latest first; canaries are none.
    """
    ways: list[ColumnElement[bool]] = [
        SCANS.c.stored_path.in_(stored_paths) | SCANS.c.source_name.in_(source_names)
    ]
    if last_parts:
        ways.append(or_(*(_ends_in(f"/{part}") for part in last_parts)))
    with translated_errors("looking for a name"), engine.connect() as connection:
        for way in ways:
            statement = select(SCANS.c.scan_id).where(way, SCANS.c.is_canary.is_(False))
            found = tuple(connection.scalars(statement.order_by(SCANS.c.seq.desc()).limit(limit)))
            if found:
                return found
    return ()


def _ends_in(text: str) -> ColumnElement[bool]:
    """Say in SQL that a source's name ends in exactly a text: SQLite's LIKE does not know capitals."""
    name = SCANS.c.source_name
    return func.substr(name, func.length(name) - (len(text) - 1)) == text
