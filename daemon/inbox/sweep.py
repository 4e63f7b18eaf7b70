"""The inbox as it is: a lazy walk through it, and which names are never taken.

The walk holds one open folder a level, so fifty thousand waiting files cost the memory of none.
"""

import fnmatch
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from daemon.settings.ignored_names import RECEIVING

MAX_DEPTH = 100  # folders in one another; more is a mistake or an attack, and ends in a RecursionError


class Ignore:
    """Names that are never claimed.

    Parameters
    ----------
    patterns : sequence of str
        Shell globs, matched against each component of a path below the inbox, capitals or not: who writes
        ``a.PART`` means what others write as ``a.part``.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        expression = "|".join(fnmatch.translate(pattern) for pattern in patterns) or r"(?!)"
        self._matches = re.compile(expression, re.IGNORECASE).match

    def __call__(self, name: bytes) -> bool:
        """Return whether one name is ignored."""
        return self._matches(os.fsdecode(name)) is not None

    def any_of(self, source: bytes) -> bool:
        """Return whether any component of a relative path is ignored.

        Parameters
        ----------
        source : bytes

        Returns
        -------
        bool
        """
        return any(self(part) for part in source.split(b"/"))


def is_too_deep(source: bytes) -> bool:
    """Return whether a path below the inbox lies in more folders than are made on purpose.

    Parameters
    ----------
    source : bytes

    Returns
    -------
    bool
    """
    return source.count(b"/") > MAX_DEPTH


def walk(inbox: Path, below: bytes = b"", *, ignore: Ignore) -> Iterator[tuple[bytes, bool | None]]:
    """Walk through the inbox with scandir(3), lazily, without following links.

    Parameters
    ----------
    inbox : Path
    below : bytes
        Folder below the inbox to begin at.
    ignore : Ignore

    Yields
    ------
    tuple of (bytes, bool or None)
        Path below the inbox, and True if it is a regular file; links, FIFOs, devices, what is too deep and
        names that are ignored come with False. Folders are entered; one that may not be comes with None.
    """
    root = os.path.join(os.fsencode(inbox), below)
    try:
        entries = os.scandir(root)
    except (FileNotFoundError, NotADirectoryError):
        return  # gone since it was listed: the next sweep looks again
    except OSError:
        yield below, None  # what lies there waits for permissions, and is counted until then
        return
    with entries:
        for entry in entries:
            source = os.path.join(below, entry.name)
            if not below and os.fsdecode(entry.name) == RECEIVING:
                continue  # counts as nothing: what lies in it is not whole yet, and never stays
            if ignore(entry.name) or is_too_deep(source):
                yield source, False
            elif entry.is_dir(follow_symlinks=False):
                yield from walk(inbox, source, ignore=ignore)
            else:
                yield source, entry.is_file(follow_symlinks=False)


@dataclass(slots=True)
class WalkCounts:
    """What a walk met.

    Parameters
    ----------
    waiting : int
        Files that are not claimed yet.
    ignored : int
        Names that match `ignore`, links, FIFOs, sockets and devices.
    unclaimable : int
        Files that may not be looked at or renamed, and folders that may not be entered.
    oldest_wall_ns : int or None
        Least ctime of the waiting files, nanoseconds since the epoch.
    """

    waiting: int = 0
    ignored: int = 0
    unclaimable: int = 0
    oldest_wall_ns: int | None = None

    def met(self, ctime_ns: int) -> None:
        """Count a file that waits, by its ctime in nanoseconds since the epoch.

        Parameters
        ----------
        ctime_ns : int
        """
        self.waiting += 1
        if self.oldest_wall_ns is None or ctime_ns < self.oldest_wall_ns:
            self.oldest_wall_ns = ctime_ns

    def left(self) -> None:
        """Count a file that waits no more: the next walk may be minutes away, or never come."""
        self.waiting = max(0, self.waiting - 1)
        if not self.waiting:
            self.oldest_wall_ns = None


@dataclass(slots=True)
class Walk:
    """A walk under way: a sweep through the whole inbox, or through a folder that was moved in.

    Parameters
    ----------
    entries : iterator of (bytes, bool or None)
        Of `walk`.
    is_renamed : bool
        True if it is through a folder that was renamed here.
    counts : WalkCounts
        What it met so far.
    """

    entries: Iterator[tuple[bytes, bool | None]]
    is_renamed: bool = False
    counts: WalkCounts = field(default_factory=WalkCounts)
