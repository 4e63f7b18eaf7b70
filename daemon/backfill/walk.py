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

MOST_LISTED: Final = 1000
"""Folders and files that cannot be read are counted, and the first of them named."""


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

    What comes or goes meanwhile is met or not; a folder that goes is none that is unreadable. A file that
    may not be looked at is met: it waits for its answer as the others do.

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
        self._levels: list[tuple[bytes, _ScandirIterator[bytes]]] = []

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
                    self._levels.pop()[1].close()
                elif self._ignore(entry.name):
                    self._met.ignored += 1
                elif _is_folder(entry):
                    if self._spool is None or _place(entry.path) != self._spool:
                        self._enter(entry.path)
                elif (file := _file(entry)) is None:
                    self._met.ignored += 1
                else:
                    self._met.files += 1
                    self._met.bytes += file.size
                    yield file
        finally:
            for _, level in self._levels:
                level.close()

    def _enter(self, folder: bytes) -> None:
        if len(self._levels) > MAX_DEPTH:
            self._cannot_list(folder)
            return
        try:
            self._levels.append((folder, os.scandir(folder)))
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError:
            self._cannot_list(folder)

    def _cannot_list(self, folder: bytes) -> None:
        self._met.unreadable += 1
        if self._met.unreadable <= MOST_LISTED:
            self._on_unreadable(folder)

    def _next(self) -> "os.DirEntry[bytes] | None":
        folder, entries = self._levels[-1]
        try:
            return next(entries, None)
        except OSError:  # the share went away while the folder was listed
            self._cannot_list(folder)
            return None


def stands(folder: Path | None) -> Callable[[], bool]:
    """Return what says whether a folder is still the one that it is now; a share that went away is not.

    Nor is an empty one: it is where a share is to be mounted.

    Parameters
    ----------
    folder : Path or None
        None stands for ever.

    Returns
    -------
    callable
    """
    known = None if folder is None else _place(os.fsencode(folder))
    return lambda: folder is None or (known is not None and _filled(os.fsencode(folder)) == known)


def _is_folder(entry: os.DirEntry[bytes]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:  # where a listing does not say it, it takes a look
        return False


def _file(entry: os.DirEntry[bytes]) -> File | None:
    try:
        status = entry.stat(follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return File(entry.path, 0, 0)
    return File(entry.path, status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else None


def _filled(folder: bytes) -> tuple[int, int] | None:
    try:
        with os.scandir(folder) as entries:
            return _place(folder) if next(entries, None) is not None else None
    except OSError:
        return None


def _place(folder: bytes) -> tuple[int, int] | None:
    try:
        status = os.stat(folder)
    except OSError:
        return None
    return status.st_dev, status.st_ino
