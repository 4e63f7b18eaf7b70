"""What lies in the outbox: one file an object and destination, its state the folder that it lies in.

A state changes by one rename, so a kill leaves each object in exactly one. What is new is synced before the
ledger's cursor moves past it; a later change that a loss of power takes back costs a second sending, which
is harmless: objects of one result have the same UIDs and the same bytes.

References
----------
rename(2), fsync(2).
"""

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

from storage.durable.replace import Synced, replace_file
from storage.durable.sync import sync_folder

_ENDINGS: Final = {"webhook": ".json", "mail": ".eml"}
_ENDING: Final = ".dcm"
"""Of all other kinds."""


class State(StrEnum):
    """What became of an object so far."""

    WAITING = "waiting"
    """It is to be sent."""
    STORED = "stored"
    """The peer answered that it stored it; whether it has it is to be asked."""
    CONFIRMED = "confirmed"
    """The peer committed itself, or was asked and has it."""
    UNCONFIRMED = "unconfirmed"
    """The peer answered that it stored it, and offers no way to ask."""
    REFUSED = "refused"
    """The peer refused it for good; `inboxray resend` tries again."""


class Made(Protocol):
    """An object to be sent."""

    @property
    def kind(self) -> str:
        """Of small letters, such as ``sr``."""

    @property
    def sop_instance_uid(self) -> str:
        """By which peers know it."""

    @property
    def content(self) -> bytes:
        """A whole file."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """An object for one destination, in one state.

    Parameters
    ----------
    scan_id : str
        In the order of claims.
    kind : str
    sop_instance_uid : str
    folder : Path
        Of the destination.
    state : State
    """

    scan_id: str
    kind: str
    sop_instance_uid: str
    folder: Path
    state: State

    @property
    def name(self) -> str:
        """Its name in every state."""
        return f"{self.scan_id}.{self.kind}.{self.sop_instance_uid}{_ENDINGS.get(self.kind, _ENDING)}"

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.folder / self.state / self.name


def entries(folder: Path, state: State) -> list[Entry]:
    """List the objects of a destination in one state, in the order of their scans.

    Parameters
    ----------
    folder : Path
        Of the destination.
    state : State

    Returns
    -------
    list of Entry
    """
    try:
        names = os.listdir(folder / state)
    except FileNotFoundError:
        return []
    return sorted(entry for name in names if (entry := _entry(folder, state, name)) is not None)


def count_entries(folder: Path, state: State) -> int:
    """Count the objects of a destination in one state, without a look at each.

    Parameters
    ----------
    folder : Path
        Of the destination.
    state : State

    Returns
    -------
    int
    """
    try:
        with os.scandir(folder / state) as found:
            return sum(_entry(folder, state, one.name) is not None for one in found)
    except FileNotFoundError:
        return 0


def _entry(folder: Path, state: State, name: str) -> Entry | None:
    parts = name.split(".", 2)
    if name.startswith(".") or len(parts) != 3:
        return None
    ending = _ENDINGS.get(parts[1], _ENDING)
    if not parts[2].endswith(ending):
        return None
    return Entry(parts[0], parts[1], parts[2].removesuffix(ending), folder, state)


def put(folder: Path, scan_id: str, made: Made) -> bool:
    """Put an object into the outbox, to be sent; call `sync_folder` on ``waiting`` before it counts.

    Parameters
    ----------
    folder : Path
        Of the destination.
    scan_id : str
    made : Made

    Returns
    -------
    bool
        False if it is there already, in whatever state.

    Raises
    ------
    OSError
        The disk refused; nothing is there.
    """
    entry = Entry(scan_id, made.kind, made.sop_instance_uid, folder, State.WAITING)
    if any((folder / state / entry.name).exists() for state in State):
        return False
    replace_file(entry.path, made.content, Synced.CONTENT)
    return True


def move(entry: Entry, state: State) -> Entry | None:
    """Change the state of an object.

    Parameters
    ----------
    entry : Entry
    state : State

    Returns
    -------
    Entry or None
        In its new state; None if it was no longer there: someone else changed it.
    """
    moved = Entry(entry.scan_id, entry.kind, entry.sop_instance_uid, entry.folder, state)
    try:
        entry.path.rename(moved.path)
    except FileNotFoundError:
        return None
    return moved


def sync_states(folder: Path) -> None:
    """Let the states of a destination's objects outlive a loss of power.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    OSError
        The disk refused.
    """
    for state in State:
        sync_folder(folder / state)
