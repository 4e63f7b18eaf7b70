"""Events from the inbox. They are hints: the sweep is the truth.

Handlers only put a hint into a bounded queue. The watcher says when hints were lost and when it is no longer
alive; then it is made anew (faults 1 to 5, 11).

References
----------
inotify(7).
"""

import errno
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.inotify import InotifyFullEmitter, InotifyObserver, InotifyWatchGroup
from watchdog.observers.inotify_move_event_grouper import InotifyMoveEventGrouper

_EVENTS: list[type[FileSystemEvent]] = [
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileMovedEvent,
]


class Sign(Enum):
    """What an event, or its absence, says of a file's writer."""

    NONE = "none"
    """Nothing: the file was made, or was met by a walk."""
    CLOSED = "closed"
    """The writer closed it."""
    RENAMED = "renamed"
    """It, or a folder above it, was renamed here: by a sender that had written it elsewhere, or by us."""


@dataclass(frozen=True, slots=True)
class Hint:
    """Something changed in the inbox.

    Parameters
    ----------
    path : bytes
        Absolute path of a file or folder.
    is_folder : bool
    sign : Sign
    """

    path: bytes
    is_folder: bool
    sign: Sign


class Watcher(FileSystemEventHandler):
    """Watch one inbox with inotify.

    Parameters
    ----------
    inbox : Path
    wake : callable
        Called without arguments, from another thread, whenever a hint was queued.
    most_hints : int
        Hints that are kept; those beyond are lost, and a sweep is due.
    """

    def __init__(self, inbox: Path, wake: Callable[[], None], *, most_hints: int = 20_000) -> None:
        self._inbox = inbox
        self._wake = wake
        self._most_hints = most_hints
        self._hints: deque[Hint] = deque()
        self._lost = False
        self._observer: _Observer | None = None
        self._identity: tuple[int, int] | None = None

    def start(self) -> None:
        """Begin to watch.

        Raises
        ------
        OSError
            The kernel's limits are reached (ENOSPC, EMFILE), folders are nested beyond reason (ELOOP), or the
            inbox is gone.
        """
        status = self._inbox.stat()
        observer = _Observer(self._overflowed)
        try:
            observer.schedule(self, os.fsencode(self._inbox), recursive=True, event_filter=_EVENTS)  # type: ignore[arg-type]
            observer.start()
        except OSError:
            observer.stop()
            raise
        except RecursionError:
            observer.stop()
            raise OSError(errno.ELOOP, "folders are nested too deep to be watched") from None
        self._observer = observer
        self._identity = (status.st_dev, status.st_ino)

    def stop(self) -> None:
        """Stop watching; may be called at any time, once or more."""
        observer, self._observer = self._observer, None
        if observer is not None:
            observer.stop()
            if observer.is_alive():
                observer.join(5)

    @property
    def inbox(self) -> Path:
        """The folder that is watched."""
        return self._inbox

    @property
    def alive(self) -> bool:
        """True while every thread of the observer runs and the inbox is the folder that is watched."""
        observer = self._observer
        if observer is None or not observer.is_alive() or not observer.reads:
            return False
        if not observer.emitters or not all(emitter.is_alive() for emitter in observer.emitters):
            return False
        try:
            status = self._inbox.stat()
        except OSError:
            return False
        return self._identity == (status.st_dev, status.st_ino)

    @property
    def is_blind(self) -> bool:
        """True if a folder below the inbox could not be watched: inotify's watches are used up (fault 11).

        The sweep sees such a folder, but there are no events of what comes there.
        """
        return self._observer is not None and self._observer.is_blind

    @property
    def has_hints(self) -> bool:
        """True while there are hints to take."""
        return bool(self._hints)

    def hints(self, at_most: int) -> list[Hint]:
        """Take hints in the order in which they came; the others stay.

        Parameters
        ----------
        at_most : int

        Returns
        -------
        list of Hint
        """
        taken: list[Hint] = []
        while self._hints and len(taken) < at_most:
            taken.append(self._hints.popleft())
        return taken

    def take_lost(self) -> bool:
        """Return, once, whether hints were lost since the last call: then a sweep is due.

        Returns
        -------
        bool
        """
        lost, self._lost = self._lost, False
        return lost

    def dispatch(self, event: FileSystemEvent) -> None:
        """Turn an event into a hint; called by watchdog's thread.

        Parameters
        ----------
        event : FileSystemEvent
        """
        if isinstance(event, FileClosedEvent):
            self._put(event.src_path, is_folder=False, sign=Sign.CLOSED)
        elif isinstance(event, FileMovedEvent | DirMovedEvent):
            if event.dest_path:
                self._put(event.dest_path, is_folder=event.is_directory, sign=Sign.RENAMED)
        elif isinstance(event, FileCreatedEvent | DirCreatedEvent):
            self._put(event.src_path, is_folder=event.is_directory, sign=Sign.NONE)

    def _put(self, path: bytes | str, *, is_folder: bool, sign: Sign) -> None:
        if len(self._hints) >= self._most_hints:
            self._lost = True
        else:
            self._hints.append(Hint(os.fsencode(path), is_folder, sign))
        self._wake()

    def _overflowed(self) -> None:
        self._lost = True
        self._wake()


class _Grouper(InotifyMoveEventGrouper):
    """Pairs the two halves of a rename, which the kernel reports one after the other.

    watchdog waits half a second for the second half, and lets no event pass meanwhile: each claim is a rename
    out of the inbox, which has none, so the next arrival would wait for it.
    """

    delay = 0.05


class _Group(InotifyWatchGroup):
    """A watch group that reports what watchdog logs or hides: an overflow, a folder without a watch."""

    is_blind = False
    overflowed: Callable[[], None] = staticmethod(lambda: None)  # until the emitter sets it

    def __post_init__(self) -> None:
        self._move_event_grouper = _Grouper()
        super().__post_init__()

    def on_queue_overflow(self) -> None:
        super().on_queue_overflow()
        self.overflowed()

    def _add_callback(self, path: bytes) -> None:
        super()._add_callback(path)
        if path not in self._active_callbacks_by_path and os.path.isdir(path) and os.access(path, os.R_OK):
            self.is_blind = True


class _Emitter(InotifyFullEmitter):
    """An emitter whose watch group reports overflows, and which names renames into the inbox as such."""

    def __init__(self, *arguments: Any, overflowed: Callable[[], None], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._overflowed = overflowed

    def on_thread_start(self) -> None:
        group = _Group(
            self._inotify_fd,
            os.fsencode(self.watch.path),
            is_recursive=self.watch.is_recursive,
            event_mask=self.get_event_mask_from_filter(),
            follow_symlink=False,
        )
        group.overflowed = self._overflowed
        self._inotify = group

    @property
    def is_blind(self) -> bool:
        return isinstance(self._inotify, _Group) and self._inotify.is_blind


class _Observer(InotifyObserver):
    """An observer made of such emitters."""

    def __init__(self, overflowed: Callable[[], None]) -> None:
        super().__init__()
        self._emitter_class = _Emitter
        self._emitter_kwargs["overflowed"] = overflowed

    @property
    def reads(self) -> bool:
        """True while the thread that reads from the kernel runs; the others outlive it."""
        return self._inotify_fd.is_alive()

    @property
    def is_blind(self) -> bool:
        """True if one of its groups has a folder that it could not watch."""
        return any(isinstance(emitter, _Emitter) and emitter.is_blind for emitter in self.emitters)
