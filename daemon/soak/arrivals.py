"""What a soak drops: synthetic files, or copies of those in a folder."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from daemon.errors import MissingFileError
from daemon.files.find import find_files
from daemon.settings.ignored_names import DEFAULT_IGNORE

_A_FOLDER: Final = 100  # files


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that a soak dropped.

    Parameters
    ----------
    name : str
        Its path below the inbox, which does not show where it came from.
    sha256 : str
        Hex.
    """

    name: str
    sha256: str


class Source:
    """Gives the bytes of each file of a soak, in their order.

    Parameters
    ----------
    seed : int
        Chooses other files.
    folder : Path or None
        The files below it are used in turn, again from the first when they are used up; without it they are
        made.

    Raises
    ------
    MissingFileError
        No file lies below the folder.
    """

    def __init__(self, seed: int, folder: Path | None = None) -> None:
        self._seed = seed
        self._paths = [] if folder is None else list(find_files([str(folder)], DEFAULT_IGNORE))
        if folder is not None and not self._paths:
            raise MissingFileError(f"no file lies below {folder}; name a folder with X-ray files by --data")

    @property
    def different(self) -> int | None:
        """How many different files there are at most; None: as many as are asked for."""
        return len(self._paths) or None

    def put(self, number: int, inbox: Path, beside: Path) -> Arrival:
        """Drop one file as a careful sender does: written beside, and renamed into the inbox.

        Parameters
        ----------
        number : int
            Of the file, from 0.
        inbox, beside : Path
            On one file system.

        Returns
        -------
        Arrival
        """
        suffix, data = self._bytes(number)
        name = f"{number // _A_FOLDER:04}/{number:06}{suffix}"
        target = inbox / name
        target.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(data)
        beside.rename(target)
        return Arrival(name, hashlib.sha256(data).hexdigest())

    def _bytes(self, number: int) -> tuple[str, bytes]:
        if self._paths:
            path = self._paths[(self._seed + number) % len(self._paths)]
            return "", Path(os.fsdecode(path)).read_bytes()
        from model.synthetic.radiographs import specimen

        return specimen(self._seed * 1_000_000 + number)
