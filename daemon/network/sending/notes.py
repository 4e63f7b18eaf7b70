"""What is remembered of tries: how many failed, why the last one did, and when the next one is.

Notes lie beside the objects, and say nothing of where an object is: one that is lost costs a try at once.
Times are of the wall clock, for they outlive the process; one that was set back does not hold up a try for
longer than the longest wait.
"""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from tenacity import RetryCallState, Retrying, wait_exponential, wait_random

from daemon.network.sending.entries import Entry
from daemon.network.sending.failure import Failure
from storage.durable.replace import Synced, replace_file

_OF_PEER: Final = "peer.json"


@dataclass(frozen=True, slots=True)
class Note:
    """What is remembered of an object, or of a peer.

    Parameters
    ----------
    attempts : int
        Tries in a row that failed.
    next_at : float
        Before this time there is no other, seconds since 1970; 0: at once.
    since : float
        When the first of them was; 0: none was.
    step, error, remedy : str
        Of the last one: where it failed, what happened, what to do.
    asked : int
        How often the peer was asked in vain whether it has the object.
    missed : int
        How often it did not have what it had answered to have stored, after all of these questions.
    """

    attempts: int = 0
    next_at: float = 0.0
    since: float = 0.0
    step: str = ""
    error: str = ""
    remedy: str = ""
    asked: int = 0
    missed: int = 0


@dataclass(frozen=True, slots=True)
class BackOff:
    """How long is waited between tries.

    Parameters
    ----------
    first_s, most_s : float
        The first wait and the longest one, seconds; each is about twice the one before, with jitter.
    """

    first_s: float
    most_s: float

    def wait_s(self, attempts: int) -> float:
        """Return how long to wait after so many tries in a row that failed.

        Parameters
        ----------
        attempts : int
            At least 1.

        Returns
        -------
        float
            Seconds.
        """
        state = RetryCallState(Retrying(), None, (), {})
        state.attempt_number = attempts
        wait = wait_exponential(self.first_s, max=self.most_s) + wait_random(0, self.first_s)
        return min(self.most_s, wait(state))

    def failed(self, note: Note, failure: Failure, now: float) -> Note:
        """Return the note after one more failure.

        Parameters
        ----------
        note : Note
        failure : Failure
        now : float
            Seconds since 1970.

        Returns
        -------
        Note
        """
        attempts = note.attempts + 1
        return replace(
            note,
            attempts=attempts,
            next_at=now + self.wait_s(attempts),
            since=note.since or now,
            step=failure.step,
            error=failure.error,
            remedy=failure.remedy,
        )

    def is_due(self, note: Note, now: float) -> bool:
        """Return whether it is time for another try.

        Parameters
        ----------
        note : Note
        now : float

        Returns
        -------
        bool
        """
        return note.next_at <= now or note.next_at > now + self.most_s


def note_of(entry: Entry) -> Note:
    """Read what is remembered of an object.

    Parameters
    ----------
    entry : Entry

    Returns
    -------
    Note
        An empty one, if nothing is.
    """
    return _read(_path(entry))


def notes_of(folder: Path) -> dict[str, Note]:
    """Read what is remembered of all objects of a destination.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    dict of str to Note
        By the name of the object.
    """
    with suppress(FileNotFoundError):
        paths = [path for path in (folder / "notes").iterdir() if not path.name.startswith(".")]
        return {path.name.removesuffix(".json"): _read(path) for path in paths}
    return {}


def write_note(entry: Entry, note: Note) -> None:
    """Remember something of an object.

    Parameters
    ----------
    entry : Entry
    note : Note

    Raises
    ------
    OSError
        The disk refused.
    """
    _path(entry).parent.mkdir(mode=0o700, exist_ok=True)
    _write(_path(entry), note)


def forget(entry: Entry) -> None:
    """Remove what was remembered of an object.

    Parameters
    ----------
    entry : Entry
    """
    with suppress(FileNotFoundError):
        _path(entry).unlink()


def peer_note(folder: Path) -> Note:
    """Read what is remembered of a peer.

    Parameters
    ----------
    folder : Path
        Of the destination.

    Returns
    -------
    Note
    """
    return _read(folder / _OF_PEER)


def write_peer_note(folder: Path, note: Note) -> None:
    """Remember something of a peer.

    Parameters
    ----------
    folder : Path
    note : Note

    Raises
    ------
    OSError
        The disk refused.
    """
    _write(folder / _OF_PEER, note)


def _path(entry: Entry) -> Path:
    return entry.folder / "notes" / f"{entry.name}.json"


def _write(path: Path, note: Note) -> None:
    replace_file(path, json.dumps(asdict(note)).encode(), Synced.CONTENT)


def _read(path: Path) -> Note:
    with suppress(FileNotFoundError, ValueError, TypeError):
        noted: dict[str, Any] = json.loads(path.read_bytes())
        return Note(**noted)
    return Note()
