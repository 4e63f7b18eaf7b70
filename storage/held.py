"""Which SOP instances have a row: what storage commitment stands for."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Engine, select

from storage.schema import SCANS
from storage.translate import translated_errors

_A_QUESTION: Final = 500


def held_instances(engine: Engine, sop_instance_uids: Sequence[str]) -> frozenset[str]:
    """Say which SOP instances have a row, whatever the answer in it.

    Parameters
    ----------
    engine : Engine
    sop_instance_uids : sequence of str
        As rows hold them.

    Returns
    -------
    frozenset of str

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    found: set[str] = set()
    with translated_errors("reading which instances have a row"), engine.connect() as connection:
        for at in range(0, len(sop_instance_uids), _A_QUESTION):
            some = sop_instance_uids[at : at + _A_QUESTION]
            statement = select(SCANS.c.sop_instance_uid).where(SCANS.c.sop_instance_uid.in_(some)).distinct()
            found.update(uid for uid in connection.scalars(statement) if uid is not None)
    return frozenset(found)


def held_places(engine: Engine, stored_paths: Sequence[str]) -> frozenset[tuple[str, str | None]]:
    """Say with which bytes files at some places have rows.

    Parameters
    ----------
    engine : Engine
    stored_paths : sequence of str
        As rows hold them.

    Returns
    -------
    frozenset of tuple of (str, str or None)
        Place and sha256.

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    found: set[tuple[str, str | None]] = set()
    with translated_errors("reading which files have a row"), engine.connect() as connection:
        for at in range(0, len(stored_paths), _A_QUESTION):
            some = stored_paths[at : at + _A_QUESTION]
            statement = select(SCANS.c.stored_path, SCANS.c.sha256).where(SCANS.c.stored_path.in_(some))
            found.update((row.stored_path, row.sha256) for row in connection.execute(statement))
    return frozenset(found)
