"""The files of an archive, met one after the other: no list of them is ever held."""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from daemon.inbox.sweep import MAX_DEPTH, Ignore

if TYPE_CHECKING:
    from os import _ScandirIterator

_MOST_LISTED: Final = 1000


@dataclass(slots=True)
class Met:
    """What a walk met besides files to answer.

    Parameters
    ----------
    files, bytes : int
        To be answered.
    ignored : int
        Files and folders whose names are never taken, and what is no regular file: links, devices.
    unreadable : int
        Folders that could not be listed.
    """

    files: int = 0
    bytes: int = 0
    ignored: int = 0
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class File:
    """A file of an archive.

    Parameters
    ----------
    path : bytes
        Absolute.
    size, mtime_ns : int
        As in stat(2).
    """

    path: bytes
    size: int
    mtime_ns: int


class Walk:
    """A walk through an archive, in the order of the disk; links are not followed.

    What comes or goes meanwhile is met or not; a folder that goes is none that is unreadable.

    Parameters
    ----------
    root : Path
    ignore : Ignore
        Names that are never taken.
    met : Met
        Counts.
    on_unreadable : callable
        Called with each of the first thousand folders that cannot be listed.
    skip : Path
        The spool: what lies in it has its own way.
    """

    def __init__(
        self, root: Path, ignore: Ignore, met: Met, on_unreadable: Callable[[bytes], None], skip: Path
    ) -> None:
        self._root = os.fsencode(root)
        self._ignore = ignore
        self._met = met
        self._on_unreadable = on_unreadable
        self._spool = _place(os.fsencode(skip))
        self._levels: list[_ScandirIterator[bytes]] = []

    def files(self) -> Iterator[File]:
        """Yield the regular files.

        Yields
        ------
        File
        """
        self._enter(self._root)
        try:
            while self._levels:
                entry = self._next()
                if entry is None:
                    self._levels.pop().close()
                elif self._ignore(entry.name):
                    self._met.ignored += 1
                elif entry.is_dir(follow_symlinks=False):
                    if self._spool is None or _place(entry.path) != self._spool:
                        self._enter(entry.path)
                elif (file := _file(entry)) is None:
                    self._met.ignored += 1
                else:
                    self._met.files += 1
                    self._met.bytes += file.size
                    yield file
        finally:
            for level in self._levels:
                level.close()

    def _enter(self, folder: bytes) -> None:
        if len(self._levels) > MAX_DEPTH:
            self._cannot_list(folder)
            return
        try:
            self._levels.append(os.scandir(folder))
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError:
            self._cannot_list(folder)

    def _cannot_list(self, folder: bytes) -> None:
        self._met.unreadable += 1
        if self._met.unreadable <= _MOST_LISTED:
            self._on_unreadable(folder)

    def _next(self) -> "os.DirEntry[bytes] | None":
        try:
            return next(self._levels[-1], None)
        except OSError:  # the share went away while the folder was listed
            self._met.unreadable += 1
            return None


def stands(folder: Path | None) -> Callable[[], bool]:
    """Return what says whether a folder is still the one that it is now; a share that went away is not.

    Parameters
    ----------
    folder : Path or None
        None stands for ever.

    Returns
    -------
    callable
    """
    known = None if folder is None else _place(os.fsencode(folder))
    return lambda: folder is None or (known is not None and _place(os.fsencode(folder)) == known)


def _file(entry: os.DirEntry[bytes]) -> File | None:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    return File(entry.path, status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else None


def _place(folder: bytes) -> tuple[int, int] | None:
    try:
        status = os.stat(folder)
    except OSError:
        return None
    return status.st_dev, status.st_ino
