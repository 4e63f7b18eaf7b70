"""What the receiver notes of associations: which objects came together, and whether more may come.

A file an association in the receiver's hidden folder, a line an object. Its ending says whether it goes on.
Nothing hangs on these notes: they are not synced, and go after an hour.
"""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = "associations"
"""Its name in the receiver's hidden folder."""
_OPEN: Final = ".open"
_ENDED: Final = ".ended"
KEPT_S: Final = 3600.0
_TIDY_EVERY_S: Final = 60.0
_TIDIED: Final = ".tidied"
_MOST_BYTES: Final = 4 << 20
_READINGS: Final = 5


@dataclass(frozen=True, slots=True)
class Received:
    """One association.

    Parameters
    ----------
    sop_instance_uids : tuple of str
        What it brought, as it was sent.
    is_open : bool
    changed_at : float
        When it brought the last of them, or ended, seconds since 1970.
    """

    sop_instance_uids: tuple[str, ...]
    is_open: bool
    changed_at: float


Known = dict[str, tuple[tuple[float, int], Received]]
"""What was read of each note, by its name, with the note's time and bytes then: what is added within one tick
of the disk's clock changes no time."""


class AssociationNote:
    """The note of one association; what cannot be written is left out.

    Parameters
    ----------
    folder : Path
        Of all notes.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / (secrets.token_hex(8) + _OPEN)
        self._descriptor: int | None = None

    def add(self, sop_instance_uid: str) -> None:
        """Note an object that landed.

        Parameters
        ----------
        sop_instance_uid : str
        """
        with suppress(OSError):
            if self._descriptor is None:
                self._path.parent.mkdir(mode=0o770, exist_ok=True)
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
                self._descriptor = os.open(self._path, flags, 0o640)
            os.write(self._descriptor, sop_instance_uid.encode("ascii", "replace") + b"\n")

    def end(self) -> None:
        """Note that the association has ended."""
        if self._descriptor is None:
            return
        with suppress(OSError):
            os.close(self._descriptor)
            os.utime(self._path)
            self._path.rename(self._path.with_suffix(_ENDED))
        self._descriptor = None
        _tidy_now_and_then(self._path.parent)


def tidy_notes(folder: Path, *, is_start: bool = False, now: float | None = None) -> None:
    """Remove notes of long ago.

    Parameters
    ----------
    folder : Path
    is_start : bool
        Of the receiver: no association goes on, whatever an earlier one left.
    now : float, optional
        Seconds since 1970; without, the time.
    """
    now = time.time() if now is None else now
    with suppress(OSError):
        for path in folder.iterdir():
            with suppress(OSError):
                if abs(now - path.stat().st_mtime) > KEPT_S and (is_start or path.suffix == _ENDED):
                    path.unlink()
                elif is_start and path.suffix == _OPEN:
                    path.rename(path.with_suffix(_ENDED))


def _tidy_now_and_then(folder: Path) -> None:
    """Tidy up once a minute, and no more often: the age of a mark says when that was."""
    mark, now = folder / _TIDIED, time.time()
    with suppress(OSError):
        if mark.exists() and abs(now - mark.stat().st_mtime) < _TIDY_EVERY_S:
            return
        mark.touch(0o640)
        tidy_notes(folder, now=now)


def read_notes(folder: Path, known: Known) -> Iterator[Received]:
    """Yield what is noted; what this user may not read is not known.

    A note that ends while it is read has another name: then all are read again, lest it is missed.

    Parameters
    ----------
    folder : Path
    known : dict
        What was read before, by name; kept up to date here. An empty one to begin with.

    Yields
    ------
    Received
    """
    for _ in range(_READINGS):
        if _is_read(folder, known):
            break
    yield from [received for _, received in known.values()]


def _is_read(folder: Path, known: Known) -> bool:
    """Bring `known` up to date; False: a note was renamed or removed meanwhile."""
    seen, is_whole = set(), True
    with suppress(OSError):
        for entry in list(os.scandir(folder)):  # at once: the longer it is listed, the more is renamed in it
            if not entry.name.endswith((_OPEN, _ENDED)):
                continue
            try:
                status = entry.stat()
                mark, changed_at = (status.st_mtime, status.st_size), status.st_mtime
                before = known.get(entry.name)
                if before is None or before[0] != mark:
                    with open(entry.path, "rb") as stream:
                        lines = stream.read(_MOST_BYTES).decode("ascii", "replace").split("\n")[:-1]
                    is_open = entry.name.endswith(_OPEN)
                    known[entry.name] = (mark, Received(tuple(lines), is_open, changed_at))
                seen.add(entry.name)
            except FileNotFoundError:
                is_whole = False
            except OSError:
                continue
    for name in known.keys() - seen:
        del known[name]
    return is_whole
