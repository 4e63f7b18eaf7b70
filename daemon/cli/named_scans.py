"""The scans that a command names, each by an id, a part of one, or its file."""

from typing import TYPE_CHECKING, Final

from daemon.cli.output import note

if TYPE_CHECKING:
    from daemon.settings.fields import Settings
    from storage.scan_detail import ScanDetail

METAVAR: Final = "SCAN..."
HELP: Final = (
    "Scan ids; names or paths of files; or unique beginnings or ends of ids, of at least 6 digits: what is "
    "named exactly comes first."
)


def named_scans(settings: "Settings", named: list[str]) -> "list[ScanDetail]":
    """Find all scans, before anything is done with one of them.

    Parameters
    ----------
    settings : Settings
    named : list of str
        As they were typed; see `daemon.results.find.find_scan`.

    Returns
    -------
    list of ScanDetail
        In this order; one that is named twice is meant once.

    Raises
    ------
    NoSuchScan, AmbiguousScan
        One is not found, and nothing is to be done.
    """
    from daemon.cli.open_results import reading
    from daemon.results.find import find_scan
    from daemon.spool.folders import Spool
    from storage.errors import AmbiguousScan, NoSuchScan

    found: dict[str, ScanDetail] = {}
    with reading(settings) as engine:
        for number, one in enumerate(named, start=1):
            which = f"SCAN {number} of {len(named)}"
            try:
                scan = find_scan(engine, one, Spool(settings.spool))
            except (AmbiguousScan, NoSuchScan) as error:  # what was typed may be a patient's name: no quote
                raise type(error)(f"{which}: {error}\nnothing was done") from None
            if scan.others:
                note(f"{which}: several scans have that name; the latest is taken, not: {scan.others}")
            found.setdefault(scan.detail.scan["scan_id"], scan.detail)
    return list(found.values())
