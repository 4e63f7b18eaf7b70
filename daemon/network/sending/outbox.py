"""The outbox: one file an object and destination, its state the folder that it lies in.

A state changes by one rename, so a kill leaves each object in exactly one. What is new is synced before the
ledger's cursor moves past it; a later change that a loss of power takes back costs a second sending, which
is harmless: objects of one result have the same UIDs and the same bytes.

References
----------
rename(2), fsync(2).
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

from daemon.errors import CannotCreateError, SpoolInUseError, errno_name
from daemon.settings.destinations import Destination
from daemon.spool.folders import PRIVATE_MODE
from storage.durable.replace import Synced, is_unfinished, replace_file
from storage.durable.sync import sync_folder

FOLDER: Final = "outbox"
"""Its name in the spool."""
STATUS: Final = ".status.json"
"""Its file in which a sender says of itself whether it makes objects."""
_ENDINGS: Final = {"webhook": ".json", "mail": ".eml"}
_ENDING: Final = ".dcm"
"""Of all other kinds."""
_LOCK: Final = ".lock"


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


class Outbox:
    """The outbox of a spool.

    Parameters
    ----------
    root : Path
        Its folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it as the one sender, for as long as this process lives; what a killed one left goes.

        Yields
        ------
        None

        Raises
        ------
        SpoolInUseError
            Another sender holds it.
        CannotCreateError
            It cannot be written.
        """
        try:
            self.root.mkdir(mode=PRIVATE_MODE, exist_ok=True)
            descriptor = os.open(self.root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise CannotCreateError(
                f"the outbox cannot be written ({errno_name(error)}): let the user who sends write to the "
                f"folder {FOLDER} of the spool, or make room"
            ) from None
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SpoolInUseError(
                    "another `inboxray send` holds the outbox: one is enough for all destinations"
                ) from None
            self._remove_leftovers()
            yield
        finally:
            os.close(descriptor)

    def is_held(self) -> bool:
        """Return whether a sender holds it now.

        Returns
        -------
        bool
        """
        try:
            descriptor = os.open(self.root / _LOCK, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            return False
        finally:
            os.close(descriptor)

    def folder(self, destination: Destination) -> Path:
        """Return the folder of a destination, made with what belongs into it.

        Parameters
        ----------
        destination : Destination

        Returns
        -------
        Path

        Raises
        ------
        OSError
            It cannot be made.
        """
        folder = self.root / destination.key
        for one in (folder, *(folder / state for state in State)):
            one.mkdir(mode=PRIVATE_MODE, parents=True, exist_ok=True)
        address = folder / "address"
        if not address.exists():
            replace_file(address, destination.address.encode(), Synced.CONTENT_AND_NAME)
        return folder

    def addresses(self) -> dict[str, Path]:
        """Return the folder of each destination that ever was, by its address.

        Returns
        -------
        dict of str to Path
        """
        found = {}
        with suppress(FileNotFoundError):
            for folder in sorted(self.root.iterdir()):
                with suppress(OSError):
                    found[(folder / "address").read_text()] = folder
        return found

    def free_percent(self) -> float:
        """Return the free share of its disk, for users that are not root.

        Returns
        -------
        float
        """
        usage = shutil.disk_usage(self.root)
        return 100.0 * usage.free / max(1, usage.total)

    def _remove_leftovers(self) -> None:
        """Remove files that were not whole when their writer was killed; who still writes holds a lock."""
        for path in self.root.glob("*/*/.*"):
            if is_unfinished(os.fsencode(path.name)):
                with suppress(OSError), path.open("rb") as stream:
                    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()


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
