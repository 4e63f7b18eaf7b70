"""Which scan a person means: by its id, a name of its file, or a part of its id."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from daemon.results.names import row_names
from daemon.spool.folders import Spool
from storage.engine import Engine
from storage.errors import NoSuchScan
from storage.named import scans_named
from storage.scan_detail import LEAST_DIGITS, SCAN_ID_LENGTH, ScanDetail, may_be_id, may_be_part_of_id, scan

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
    """Find a scan by its id, else the latest by a path, else by a file's name, else by a part of its id.

    The end of an id is drawn by chance, and short names look like one: what is named exactly comes first.

    Parameters
    ----------
    engine : Engine
    named : str
        A scan id; the path or name of a file that was answered; or six digits or more of a scan id's
        beginning or end, which only one has.
    spool : Spool

    Returns
    -------
    Found

    Raises
    ------
    NoSuchScan, AmbiguousScan
        No scan matches, or no name and several ids do.
    """
    text = named.strip().lower()
    if may_be_id(text) and len(text) == SCAN_ID_LENGTH:
        with suppress(NoSuchScan):
            return Found(scan(engine, text), "")
    names = row_names(named, spool)
    latest, *others = scans_named(
        engine,
        stored_paths=names.stored_paths,
        source_names=names.source_names,
        last_parts=names.last_parts,
        limit=_LISTED + 2,
    ) or (None,)
    if latest is None and may_be_part_of_id(text):
        return Found(scan(engine, text), "")
    if latest is None:
        raise NoSuchScan(
            "no row has that name, or an id that begins or ends so; of a part of an id give at least "
            f"{LEAST_DIGITS} digits; `inboxray results` shows names and ids"
        )
    more = ", and more" if len(others) > _LISTED else ""
    return Found(scan(engine, latest), ", ".join(others[:_LISTED]) + more)
