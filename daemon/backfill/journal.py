"""What a backfill remembers between two starts: its plan, how far it came, and what it counted.

``.backfill/<digest of what is answered>/`` in the spool. Nothing hangs on it but time: which files have their
row is known to the ledger alone, so a journal that is lost costs a look at each file.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from daemon.errors import SpoolInUseError
from daemon.spool.folders import PRIVATE_MODE, Spool
from daemon.spool.lock import is_taken, take_alone
from daemon.spool.names import encode_name
from storage.durable.replace import Synced, replace_file

_NAME_DIGITS: Final = 16
_PLAN: Final = "plan"
_STATE: Final = "progress.json"
_UNREADABLE: Final = "unreadable"


class Journal:
    """The journal of one backfill.

    Parameters
    ----------
    spool : Spool
    of : str
        What is answered: a folder, or a question.
    """

    def __init__(self, spool: Spool, of: str) -> None:
        name = hashlib.sha256(os.fsencode(of)).hexdigest()[:_NAME_DIGITS]
        self.folder = spool.backfill / name
        self.plan = self.folder / _PLAN
        self.unreadable = self.folder / _UNREADABLE
        self._state = self.folder / _STATE

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it for this process alone; what a killed one left half written is removed.

        Yields
        ------
        None

        Raises
        ------
        SpoolInUseError
            Another process answers the same.
        """
        self.folder.mkdir(mode=PRIVATE_MODE, parents=True, exist_ok=True)
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            try:
                take_alone(descriptor)
            except BlockingIOError:
                raise SpoolInUseError(
                    "another process answers these files already: `inboxray status` shows it"
                ) from None
            for left in (*self.folder.glob("plan-*"), *self.folder.glob(".*.tmp")):
                shutil.rmtree(left, ignore_errors=True)
                with suppress(OSError):
                    left.unlink()
            yield
        finally:
            os.close(descriptor)

    def read(self) -> dict[str, Any]:
        """Read what is remembered.

        Returns
        -------
        dict
            Empty if there is nothing, or nothing that can be read.
        """
        return _read(self._state)

    def write(self, state: Mapping[str, Any]) -> None:
        """Remember.

        Parameters
        ----------
        state : mapping

        Raises
        ------
        OSError
            The disk takes nothing; that costs a look at some files.
        """
        replace_file(
            self._state, json.dumps(state, indent=1).encode() + b"\n", Synced.CONTENT, writer="backfill"
        )

    def forget(self) -> None:
        """Begin anew: what is remembered goes, the plan, and the list of what cannot be read.

        What is remembered goes first: on a full disk the new plan may be there, and nothing be remembered of
        it. A place in the old plan would leave out files of the new one.
        """
        self._state.unlink(missing_ok=True)
        self.plan.unlink(missing_ok=True)
        self.unreadable.unlink(missing_ok=True)

    def list_unreadable(self, path: bytes) -> None:
        """Write down a folder that could not be listed, or a file that cannot be looked at.

        Parameters
        ----------
        path : bytes
        """
        with self.unreadable.open("a", encoding="ascii") as lines:
            lines.write(encode_name(path) + "\n")


def known_backfills(spool: Spool) -> list[dict[str, Any]]:
    """Return what all backfills of a spool remember, and whether they run.

    Parameters
    ----------
    spool : Spool

    Returns
    -------
    list of dict
        As they wrote it, with ``running``; those that were touched last come last.
    """
    found = []
    for state in sorted(spool.backfill.glob(f"*/{_STATE}"), key=_written_at):
        known = _read(state)
        if known:
            found.append(known | {"running": _is_held(state.parent)})
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        known = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _written_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _is_held(folder: Path) -> bool:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return False
    return is_taken(descriptor)
