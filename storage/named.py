"""Which scans have a name: that of the file when it arrived, or that of its place now."""

from collections.abc import Collection

from sqlalchemy import Engine, select

from storage.schema import Scan
from storage.translate import translated_errors


def scans_named(
    engine: Engine, *, stored_paths: Collection[str], source_names: Collection[str], limit: int
) -> tuple[str, ...]:
    """Return the ids of the scans whose row has one of these names.

    Parameters
    ----------
    engine : Engine
    stored_paths, source_names : collection of str
        As rows hold them.
    limit : int
        Return at most so many.

    Returns
    -------
    tuple of str
        The latest first; canaries are none.
    """
    has_name = Scan.stored_path.in_(stored_paths) | Scan.source_name.in_(source_names)
    statement = (
        select(Scan.scan_id).where(has_name, Scan.is_canary.is_(False)).order_by(Scan.seq.desc()).limit(limit)
    )
    with translated_errors("looking for a name"), engine.connect() as connection:
        return tuple(connection.scalars(statement))
