"""What lies in the outbox: for whom, since when, and what to do."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from daemon.network.sending.entries import State, count_entries, entries
from daemon.network.sending.notes import Note, notes_of, peer_note
from daemon.network.sending.outbox import STATUS, Outbox
from daemon.network.sending.wishes import unmade

_MOST: Final = 100
"""Objects with a failure that are listed, of each destination."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """An object that was refused, or failed.

    Parameters
    ----------
    scan_id, kind : str
    state : str
    step, error, remedy : str
    """

    scan_id: str
    kind: str
    state: str
    step: str
    error: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """What lies there for one destination.

    Parameters
    ----------
    destination : str
        Its address.
    is_set : bool
        Whether the settings name it still: else nothing of it is sent.
    objects : dict of str to int
        By state.
    waiting_since : float or None
        Since the oldest that waits was made, seconds since 1970.
    attempts : int
        Tries in a row that the peer failed.
    next_at : float or None
        When the next one is.
    step, error, remedy : str
        Of the last one.
    troubles : list of Trouble
    """

    destination: str
    is_set: bool
    objects: dict[str, int]
    waiting_since: float | None
    attempts: int
    next_at: float | None
    step: str
    error: str
    remedy: str
    troubles: list[Trouble] = field(default_factory=list)

    @property
    def waits(self) -> int:
        """How many objects are not yet where they shall be, and not refused."""
        return self.objects[State.WAITING] + self.objects[State.STORED]


@dataclass(frozen=True, slots=True)
class Overview:
    """What lies in the outbox.

    Parameters
    ----------
    is_running : bool
        Whether a sender holds it.
    paused : str or None
        Why a sender makes nothing.
    shelves : list of Shelf
    unmade : dict of str to str
        Why objects of scans could not be made, by scan id.
    """

    is_running: bool
    paused: str | None
    shelves: list[Shelf]
    unmade: dict[str, str]

    def as_plain(self) -> dict[str, Any]:
        """Write it as JSON has it.

        Returns
        -------
        dict
        """
        return asdict(self)


def look(outbox: Outbox, addresses: tuple[str, ...]) -> Overview:
    """Look into the outbox.

    Parameters
    ----------
    outbox : Outbox
    addresses : tuple of str
        Those that the settings name.

    Returns
    -------
    Overview
        Also of destinations that the settings name no more, while anything waits for them.
    """
    folders = outbox.addresses()
    shelves = [_shelf(address, folders.get(address), is_set=True) for address in addresses]
    for address in folders.keys() - set(addresses):
        shelf = _shelf(address, folders[address], is_set=False)
        if shelf.waits or shelf.objects[State.REFUSED]:
            shelves.append(shelf)
    is_running = outbox.is_held()
    paused = None
    with suppress(OSError, ValueError, LookupError, TypeError):
        paused = json.loads((outbox.root / STATUS).read_bytes())["paused"]
    return Overview(is_running, paused if is_running else None, shelves, unmade(outbox))


def _shelf(address: str, folder: Path | None, *, is_set: bool) -> Shelf:
    if folder is None:
        return Shelf(address, is_set, dict.fromkeys(map(str, State), 0), None, 0, None, "", "", "")
    listed = (State.REFUSED, State.WAITING, State.STORED)
    lying = {state: entries(folder, state) for state in listed}
    notes = notes_of(folder)
    note = peer_note(folder)
    since = None
    if lying[State.WAITING]:
        with suppress(FileNotFoundError):
            since = lying[State.WAITING][0].path.stat().st_mtime
    troubles = [
        _trouble(entry.scan_id, entry.kind, state, notes[entry.name])
        for state in listed
        for entry in lying[state]
        if entry.name in notes
    ]
    return Shelf(
        address,
        is_set,
        {str(state): count_entries(folder, state) for state in State},
        since,
        note.attempts,
        note.next_at or None,
        note.step,
        note.error,
        note.remedy,
        troubles[:_MOST],
    )


def _trouble(scan_id: str, kind: str, state: State, note: Note) -> Trouble:
    return Trouble(scan_id, kind, str(state), note.step, note.error, note.remedy)
