"""Which scan a person means: by its id, a part of that, or a name of its file."""

from dataclasses import dataclass
from typing import Final

from daemon.results.names import row_names
from daemon.spool.folders import Spool
from storage.engine import Engine
from storage.errors import AmbiguousScan, NoSuchScan
from storage.named import scans_named
from storage.queries import ScanDetail, may_be_id, scan

_LISTED: Final = 10


@dataclass(frozen=True, slots=True)
class Found:
    """The scan that is meant.

    Parameters
    ----------
    detail : ScanDetail
    others : str
        Ids of other scans that have the name too, latest first, as text; empty if there are none.
    """

    detail: ScanDetail
    others: str


def find_scan(engine: Engine, named: str, spool: Spool) -> Found:
    """Find a scan by its id, else the latest by a name.

    Parameters
    ----------
    engine : Engine
    named : str
        A scan id, a beginning or end of one that is unique, or the name or path of a file that was answered.
    spool : Spool

    Returns
    -------
    Found

    Raises
    ------
    NoSuchScan, AmbiguousScan
        No scan matches, or several ids do and no name.
    """
    try:
        return Found(scan(engine, named), "")
    except (NoSuchScan, AmbiguousScan) as error:
        no_id = error
    names = row_names(named, spool)
    latest, *others = scans_named(
        engine,
        stored_paths=names.stored_paths,
        source_names=names.source_names,
        last_part=named if named and "/" not in named else None,
        limit=_LISTED + 2,
    ) or (None,)
    if latest is None and may_be_id(named.strip().lower()):
        raise no_id
    if latest is None:
        raise NoSuchScan(
            "no row has that name, or an id that begins or ends so; `inboxray results` shows names and ids"
        )
    more = ", and more" if len(others) > _LISTED else ""
    return Found(scan(engine, latest), ", ".join(others[:_LISTED]) + more)
