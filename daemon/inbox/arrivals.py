"""What names files: hints of events, walks through folders that were moved in, and the sweep."""

import os
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from daemon.inbox.events import Hint, Sign
from daemon.inbox.markers import Markers
from daemon.inbox.sweep import Ignore, Walk, WalkCounts, is_too_deep, walk
from daemon.spool.below import leads_through_link
from daemon.spool.file_state import Look, look_at

_WALK_CHUNK = 256


def look_below(root: bytes, source: bytes) -> Look | None:
    """Look at a file of the inbox once.

    Parameters
    ----------
    root : bytes
        The inbox.
    source : bytes
        Path below it.

    Returns
    -------
    Look or None
        None for what is gone, or is none of our files.

    Raises
    ------
    OSError
        It may not be looked at.
    """
    try:
        look = look_at(os.path.join(root, source))
    except FileNotFoundError:
        return None
    return None if leads_through_link(root, source) else look


class Arrivals:
    """Name the files of an inbox, one after the other.

    Parameters
    ----------
    inbox : Path
    ignore : Ignore
    look : callable
        Called with a path below the inbox and what an event says of its writer; gives what it saw, or None if
        there is no file that could be claimed.
    is_full : callable
        True while enough files are looked at: then everything rests.
    most_hints : int
        So many wait here; the watcher keeps the others.
    markers : Markers, optional
        What a file waits for before it is looked at.
    """

    def __init__(
        self,
        inbox: Path,
        ignore: Ignore,
        look: Callable[[bytes, Sign], Look | None],
        is_full: Callable[[], bool],
        *,
        most_hints: int,
        markers: Markers | None = None,
    ) -> None:
        self._markers = markers or Markers(inbox, ())
        self._inbox = inbox
        self._root = os.fsencode(inbox)
        self._ignore = ignore
        self._look = look
        self._is_full = is_full
        self._most_hints = most_hints
        self._hints: deque[Hint] = deque()
        self._folders: deque[Walk] = deque()
        self._sweep: Walk | None = None

    @property
    def are_none(self) -> bool:
        """True if no hint waits and no walk is under way."""
        return self._sweep is None and not self._hints and not self._folders

    @property
    def room_for_hints(self) -> int:
        """How many hints are taken now; the watcher keeps the others, and says if it had to drop some."""
        return max(0, self._most_hints - len(self._hints))

    def take_hints(self, hints: Iterable[Hint]) -> None:
        """Queue what the watcher named.

        Parameters
        ----------
        hints : iterable of Hint
        """
        self._hints.extend(hints)

    def begin_sweep(self) -> None:
        """Walk through the whole inbox again, in pieces, as `advance` is called."""
        if self._sweep is None:
            self._sweep = Walk(walk(self._inbox, ignore=self._ignore))

    def advance(self) -> WalkCounts | None:
        """Look at what is named, as there is room.

        Returns
        -------
        WalkCounts or None
            What the sweep met, if it has come to its end.
        """
        while self._hints and not self._is_full():
            self._take_hint(self._hints.popleft())
        while self._folders and not self._is_full():
            if self._go_on(self._folders[0]):
                self._folders.popleft()
        if self._sweep is None or not self._go_on(self._sweep):
            return None
        counts, self._sweep = self._sweep.counts, None
        return counts

    def _take_hint(self, hint: Hint) -> None:
        source = hint.path.removeprefix(self._root + b"/")
        for marked in () if hint.is_folder or source == hint.path else self._markers.marked(source):
            if not (self._ignore.any_of(marked) or is_too_deep(marked)):
                self._look(marked, Sign.CLOSED)  # that is what its marker says
        if source == hint.path or self._ignore.any_of(source) or is_too_deep(source):
            return
        if not hint.is_folder:
            if not self._markers.lacks(source):
                self._look(source, hint.sign)
        elif not leads_through_link(self._root, os.path.join(source, b"")):
            is_renamed = hint.sign is Sign.RENAMED
            self._folders.append(Walk(walk(self._inbox, source, ignore=self._ignore), is_renamed))

    def _go_on(self, under_way: Walk) -> bool:
        """Look at the next files of a walk while there is room; return whether it is at its end."""
        counts = under_way.counts
        sign = Sign.RENAMED if under_way.is_renamed else Sign.NONE
        for _ in range(_WALK_CHUNK):
            if self._is_full():
                return False
            entry = next(under_way.entries, None)
            if entry is None:
                return True
            source, regular = entry
            if regular is None:
                counts.unclaimable += 1
            elif not regular:
                counts.ignored += 1
            elif self._markers.lacks(source):
                counts.waiting += 1
            elif (look := self._look(source, sign)) is not None:
                counts.met(look.ctime_ns)
        return False
