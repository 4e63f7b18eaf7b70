"""A claim: the file, what it was, and the note beside it.

``claimed/<scan_id>/<path as it was below inbox>`` is the file; ``claimed/<scan_id>.note`` is a line an event,
appended: what the file was (`daemon.spool.origins`), and how often it was tried (`daemon.spool.attempts`).
"""

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Final

NOTE_SUFFIX: Final = ".note"
SCAN_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""A UUIDv7, whose first 48 bits are the milliseconds since 1970 of the claim."""
_CANARY: Final = "canary"  # in place of the scan that a file was
_CHANGED: Final = "changed:"  # before it


@dataclass(frozen=True, slots=True)
class Origin:
    """What a file was; it goes with the claim, so that no later stage asks what kind of file it has.

    Parameters
    ----------
    requeued_from : str or None
        The scan that it was, if it was put back to be answered again.
    is_canary : bool
        True if the daemon dropped it itself; see `daemon.checks.canary`.
    was_changed : bool
        True if the scan that it was had its answer before the file was written to again.
    """

    requeued_from: str | None = None
    is_canary: bool = False
    was_changed: bool = False

    @property
    def keeps_file(self) -> bool:
        """False if the file has no last place: it is removed once its row stands, and has no picture."""
        return not self.is_canary

    @property
    def takes_earlier_answer(self) -> bool:
        """True if an earlier prediction of the same bytes may stand for a new one."""
        return self.requeued_from is None and not self.is_canary

    @property
    def is_counted(self) -> bool:
        """True if the answer counts among those of people's files, and as the first of its bytes."""
        return not self.is_canary

    @property
    def text(self) -> str:
        """The word for it in notes; of an arrival nothing is noted."""
        if self.is_canary:
            return _CANARY
        return (_CHANGED if self.was_changed else "") + (self.requeued_from or "")

    @classmethod
    def of_text(cls, text: str) -> "Origin":
        """Read the word.

        Parameters
        ----------
        text : str

        Returns
        -------
        Origin
        """
        if text == _CANARY:
            return CANARY
        return cls(text.removeprefix(_CHANGED) or None, was_changed=text.startswith(_CHANGED))


ARRIVAL: Final = Origin()
"""A new file, as most are."""
CANARY: Final = Origin(is_canary=True)


@dataclass(frozen=True)
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
    origin : Origin
        What the file was before.
    """

    scan_id: str
    folder: Path
    source: bytes
    origin: Origin = ARRIVAL

    @cached_property
    def path(self) -> bytes:
        """Where the file lies now."""
        return os.path.join(os.fsencode(self.folder), self.source)

    @cached_property
    def note(self) -> Path:
        """The note beside the folder."""
        return Path(os.fspath(self.folder) + NOTE_SUFFIX)

    @property
    def received_at(self) -> datetime:
        """When the file was claimed, UTC, to the millisecond, read from the scan's id."""
        milliseconds = int(self.scan_id.replace("-", "")[:12], 16)
        return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)


def note_lines(note: Path) -> list[str]:
    """Read the lines of a claim's note; a claim without one has none.

    Parameters
    ----------
    note : Path

    Returns
    -------
    list of str
    """
    try:
        with note.open(encoding="ascii", errors="replace") as lines:
            return lines.readlines()
    except FileNotFoundError:
        return []
