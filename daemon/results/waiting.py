"""Why a file in the inbox has no answer yet: the rule that it waits for, until when, and what comes then.

The rules are those of the daemon (`daemon.inbox.settle`), asked anew: the file itself says all they need.
"""

import heapq
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

from daemon.inbox.markers import Markers
from daemon.inbox.settle import Patience, claimable_in, see
from daemon.inbox.sweep import Ignore, is_too_deep, walk
from daemon.results.names import meant_paths
from daemon.settings.fields import Settings
from daemon.spool.below import leads_through_link
from daemon.spool.file_state import Look, look_at
from daemon.spool.folders import Spool
from daemon.spool.names import encode_name
from model.reading.completeness import Completeness

_MET: Final = 100_000
"""Files among which the longest waiting are looked for."""

Examine = Callable[[bytes], Completeness | None]

_RULES: Final[Mapping[Completeness, tuple[str, str, str]]] = {
    Completeness.COMPLETE: (
        "it is whole; without an event that says its writer closed it, it must be quiet",
        "settle_s",
        "it is claimed and answered",
    ),
    Completeness.INCOMPLETE: (
        "it is empty, cut, or not written in part: it is waited for while it changes, then must be quiet",
        "incomplete_wait_s",
        "it is claimed as it is, and fails as truncated or empty_file",
    ),
    Completeness.ENDS_CLEANLY: (
        "it has no picture so far, and more may follow: it must be quiet",
        "settle_s",
        "it is claimed and answered",
    ),
    Completeness.UNKNOWN: (
        "it is no DICOM, PNG or JPEG so far: it must be quiet",
        "settle_s",
        "it is claimed, and fails as unknown_format if that stays so",
    ),
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a file in the inbox waits for.

    Parameters
    ----------
    file : str
        Its path below the inbox.
    rule : str
        What must hold before it is claimed, or why it never is.
    until : datetime or None
        When that holds if nothing changes, aware; None if it never does by itself.
    then : str or None
        What comes then.
    held_up_by : str or None
        What keeps the daemon from taking any file now.
    """

    file: str
    rule: str
    until: datetime | None = None
    then: str | None = None
    held_up_by: str | None = None

    def as_mapping(self) -> dict[str, Any]:
        """Return what is known of it by name.

        Returns
        -------
        dict of str to object
        """
        pairs = {name: getattr(self, name) for name in ("file", "rule", "until", "then", "held_up_by")}
        return {name: value for name, value in pairs.items() if value is not None}


def find_waiting(named: str, spool: Spool) -> bytes | None:
    """Find the file in the inbox that a path names: from here, from the inbox, or from the spool.

    Parameters
    ----------
    named : str
    spool : Spool

    Returns
    -------
    bytes or None
        Its path below the inbox.
    """
    inbox = os.path.realpath(os.fsencode(spool.inbox))
    for path in meant_paths(named, spool):
        if path.startswith(inbox + b"/") and os.path.lexists(path) and not os.path.isdir(path):
            return path[len(inbox) + 1 :]
    return None


def why_waiting(
    source: bytes, settings: Settings, examine: Examine, held_up_by: str | None, wall_ns: int | None = None
) -> Waiting:
    """Say what a file waits for.

    Parameters
    ----------
    source : bytes
        Path below the inbox.
    settings : Settings
    examine : callable
        Returns how complete the file at a path is; None if it is gone or may not be read.
    held_up_by : str or None
        What keeps the daemon from taking any file.
    wall_ns : int, optional
        The time now, nanoseconds since the epoch.

    Returns
    -------
    Waiting
    """
    file, inbox = encode_name(source), os.fsencode(settings.spool / "inbox")
    path = os.path.join(inbox, source)
    try:
        look = look_at(path)
    except OSError:
        return Waiting(file, "it is gone, or may not be looked at")
    never = _never(source, inbox, settings, look)
    if never is not None or look is None:
        return Waiting(file, never or "it is no regular file, and is never claimed")
    if Markers(settings.spool / "inbox", settings.marker_suffixes).lacks(source):
        beside = " or ".join(settings.marker_suffixes)
        return Waiting(file, f"it waits for its marker, a file of the same name that ends in {beside}")
    completeness = examine(path)
    if completeness is None:
        return Waiting(file, "it is gone, or may not be read", held_up_by=held_up_by)
    rule, setting, then = _RULES[completeness]
    left_s = _left_s(look, completeness, settings, time.time_ns() if wall_ns is None else wall_ns)
    now = datetime.now(UTC) if wall_ns is None else datetime.fromtimestamp(wall_ns / 1e9, UTC)
    return Waiting(
        file,
        f"{rule} for {setting} ({getattr(settings, setting):g} s)"
        + ("; it has been" if left_s <= 0 else ", and nothing may write to it meanwhile"),
        until=now + timedelta(seconds=max(left_s, 0.0)),
        then=then,
        held_up_by=held_up_by,
    )


def longest_waiting(settings: Settings, most: int) -> list[bytes]:
    """List the files of the inbox that lie there longest, the longest first.

    Parameters
    ----------
    settings : Settings
    most : int
        Return at most so many.

    Returns
    -------
    list of bytes
        Paths below the inbox; none that is never claimed by its name or kind.
    """
    inbox = settings.spool / "inbox"
    met = (source for source, is_file in walk(inbox, ignore=Ignore(settings.never_claimed)) if is_file)
    since = ((_changed_ns(os.path.join(os.fsencode(inbox), source)), source) for source in islice(met, _MET))
    return [source for _, source in heapq.nsmallest(most, since)]


def _changed_ns(path: bytes) -> int:
    """Return when a file changed last, nanoseconds since the epoch; one that is gone comes last."""
    try:
        return os.lstat(path).st_ctime_ns
    except OSError:
        return sys.maxsize


def _never(source: bytes, inbox: bytes, settings: Settings, look: Look | None) -> str | None:
    """Say why a file is never claimed, whatever happens; None if it may be."""
    for pattern in settings.never_claimed:
        if Ignore((pattern,)).any_of(source):
            is_marker = pattern.removeprefix("*") in settings.marker_suffixes
            setting = "marker_suffixes" if is_marker else "ignore"
            return f"its name matches {pattern} in the setting {setting}: it is never claimed"
    if look is None or leads_through_link(inbox, source):
        return "it is a link, a pipe, a device or behind a link: it is never claimed"
    if is_too_deep(source):
        return "it lies in too many folders: it is never claimed"
    if not os.access(os.path.dirname(os.path.join(inbox, source)), os.W_OK | os.X_OK):
        return "this user may not rename it; if the daemon's user may not either, it is never claimed"
    return None


def _left_s(look: Look, completeness: Completeness, settings: Settings, wall_ns: int) -> float:
    """Estimate the seconds until the rule holds, for a daemon that saw the file since it last changed."""
    patience = Patience.from_settings(settings)
    sighting = replace(see(None, look, 0.0, trusted=False, patience=patience), completeness=completeness)
    return claimable_in(sighting, max(0.0, (wall_ns - look.ctime_ns) / 1e9), patience)
