"""A claim, and the note beside it.

``claimed/<scan_id>/<path as it was below inbox>`` is the file; ``claimed/<scan_id>.note`` is a line an event,
appended: what the file was (`daemon.spool.origins`), and how often it was tried (`daemon.spool.attempts`).
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

NOTE_SUFFIX = ".note"


@dataclass(frozen=True, slots=True)
class Claim:
    """A file that is ours to answer.

    Parameters
    ----------
    scan_id : str
        UUIDv7; its time is when the file was claimed.
    folder : Path
        ``claimed/<scan_id>``.
    source : bytes
        Path below the inbox, as it was.
    requeued_from : str or None
        The scan that this file was, if somebody put it back.
    is_canary : bool
        True if the daemon dropped it itself; see `daemon.checks.canary`.
    """

    scan_id: str
    folder: Path
    source: bytes
    requeued_from: str | None = None
    is_canary: bool = False

    @property
    def path(self) -> bytes:
        """Where the file lies now."""
        return os.path.join(os.fsencode(self.folder), self.source)

    @property
    def note(self) -> Path:
        """The note beside the folder."""
        return self.folder.with_name(self.folder.name + NOTE_SUFFIX)

    @property
    def received_at(self) -> datetime:
        """When the file was claimed, UTC, to the millisecond, read from the scan's id."""
        milliseconds = int(self.scan_id.replace("-", "")[:12], 16)
        return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)


def note_lines(note: Path) -> list[str]:
    """Read the lines of a claim's note; a claim without one has none."""
    try:
        with note.open(encoding="ascii", errors="replace") as lines:
            return lines.readlines()
    except FileNotFoundError:
        return []
