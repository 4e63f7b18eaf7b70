"""What the page says of drift: what the daemon's last comparison found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from daemon.jobs.history import Entry, read_history


@dataclass(frozen=True, slots=True)
class DriftSeen:
    """How the last comparison of scans with those of the release ended.

    Parameters
    ----------
    at : datetime
        Aware.
    groups : int
        Groups of scans that were compared, by modality and device.
    moved : int
        Measures that moved.
    findings : tuple of Mapping
        The first of these, with the fields of `daemon.checks.drift.Finding`.
    """

    at: datetime
    groups: int
    moved: int
    findings: tuple[Mapping[str, Any], ...]


def drift_seen(schedule_file: Path) -> DriftSeen | None:
    """Read what the daemon wrote of its last comparison.

    Parameters
    ----------
    schedule_file : Path
        Of `daemon.spool.folders.Spool`.

    Returns
    -------
    DriftSeen or None
        None before the first that ended well, or where this user may not read it.
    """
    entry = read_history(schedule_file).get("drift", Entry())
    if entry.ended != "done" or entry.finished_at is None:
        return None
    found = entry.result
    return DriftSeen(
        datetime.fromisoformat(entry.finished_at),
        int(found.get("groups", 0)),
        int(found.get("moved", 0)),
        tuple(found.get("findings", ())),
    )
