"""Everything that SQLite writes, cuts and syncs in this process, in its order; and what a power cut leaves.

The default VFS of the very library that Python's `sqlite3` uses is told to open files with our write, cut and
sync in front of its own: no compiler, no tracing, no rights, and the code under test is as it is.

References
----------
https://www.sqlite.org/c3ref/vfs.html, https://www.sqlite.org/c3ref/io_methods.html
"""

import _sqlite3
import ctypes
import random
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SECTOR = 512  # bytes: what a disk writes whole or not at all
_INT, _LONG, _POINTER = ctypes.c_int, ctypes.c_int64, ctypes.c_void_p
_OPEN = ctypes.CFUNCTYPE(_INT, _POINTER, _POINTER, _POINTER, _INT, _POINTER)
_DELETE = ctypes.CFUNCTYPE(_INT, _POINTER, _POINTER, _INT)
_WRITE = ctypes.CFUNCTYPE(_INT, _POINTER, _POINTER, _INT, _LONG)
_TRUNCATE = ctypes.CFUNCTYPE(_INT, _POINTER, _LONG)
_SYNC = ctypes.CFUNCTYPE(_INT, _POINTER, _INT)


class _Vfs(ctypes.Structure):
    _fields_ = (
        ("version", _INT),
        ("os_file_bytes", _INT),
        ("max_pathname", _INT),
        ("next", _POINTER),
        ("name", ctypes.c_char_p),
        ("app_data", _POINTER),
        ("open", _POINTER),
        ("delete", _POINTER),
    )


class _Methods(ctypes.Structure):
    _fields_ = (
        ("version", _INT),
        ("close", _POINTER),
        ("read", _POINTER),
        ("write", _POINTER),
        ("truncate", _POINTER),
        ("sync", _POINTER),
        ("others", _POINTER * 13),  # of version 3
    )


class _File(ctypes.Structure):
    _fields_ = (("methods", ctypes.POINTER(_Methods)),)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a file, or (without a path) something that was promised.

    Parameters
    ----------
    kind : str
        ``write``, ``truncate``, ``sync``, ``delete``, ``promise``.
    path : Path or None
    offset : int
        Of a write; the size that a truncation leaves.
    data : bytes
    """

    kind: str
    path: Path | None = None
    offset: int = 0
    data: bytes = b""


@dataclass
class Record:
    """What was recorded."""

    events: list[Event] = field(default_factory=list)

    def promise(self, what):
        """Note that somebody was told of a commit."""
        self.events.append(Event("promise", data=what.encode()))

    def promised(self, until):
        """Give what was promised before a moment, the number of an event."""
        return {event.data.decode() for event in self.events[:until] if event.kind == "promise"}

    def image(self, until, chance, likely=0.5):
        """Give the files as a power cut may leave them.

        What was synced is there. Each write since is there, torn between sectors, or lost, whatever became of
        those before it: a disk's cache keeps no order. Files are made and deleted at once: SQLite syncs
        the folder of a log that it makes.

        Parameters
        ----------
        until : int
            The power goes before this event.
        chance : random.Random
        likely : float
            How likely each write since the last sync is to be there; 0 and 1 are certain.

        Returns
        -------
        dict of bytearray by Path
        """
        files, synced = {}, self._synced(until)
        for number, event in enumerate(self.events[:until]):
            if event.path is None or event.kind == "sync":
                continue
            if event.kind == "delete":
                files.pop(event.path, None)
                continue
            content = files.setdefault(event.path, bytearray())
            if number < synced.get(event.path, 0) or chance.random() < likely:
                _apply(event, content)
            elif event.kind == "write" and chance.random() < likely:
                _apply(event, content, torn_at=chance.randrange(0, len(event.data), SECTOR))
        return files

    def _synced(self, until):
        """Give the number of the last sync of each file before a moment."""
        events = enumerate(self.events[:until])
        return {event.path: number for number, event in events if event.kind == "sync"}


def _apply(event, content, torn_at=None):
    if event.kind == "truncate":
        del content[event.offset :]
        return
    data = event.data[:torn_at]
    if data:
        content.extend(bytes(max(0, event.offset - len(content))))
        content[event.offset : event.offset + len(data)] = data


@contextmanager
def recorded_writes():
    """Record every file that SQLite opens meanwhile; skip the test, visibly, where that cannot be.

    Yields
    ------
    Record
    """
    library = ctypes.CDLL(_sqlite3.__file__)
    if not hasattr(library, "sqlite3_vfs_find"):
        pytest.skip("this Python holds an SQLite whose functions cannot be reached")
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    vfs = library.sqlite3_vfs_find(None).contents
    former = vfs.open, vfs.delete
    shim = _Shim(*former)
    vfs.open, vfs.delete = ctypes.cast(shim.open, _POINTER), ctypes.cast(shim.delete, _POINTER)
    try:
        yield shim.record
    finally:
        vfs.open, vfs.delete = former


class _Shim:
    """Our functions in front of SQLite's own; kept as long as a file may be open: for the process's life."""

    kept: list = []  # noqa: RUF012 - a file that is still open calls into it

    def __init__(self, former_open, former_delete):
        self.kept.append(self)
        self.record = Record()
        self._paths, self._methods = {}, {}
        self._former_open = _OPEN(former_open)
        self._former_delete = _DELETE(former_delete)
        self.open, self.delete = _OPEN(self._open), _DELETE(self._delete)
        self._own = _WRITE(self._write), _TRUNCATE(self._truncate), _SYNC(self._sync)

    def _open(self, vfs, name, file, flags, out_flags):
        code = self._former_open(vfs, name, file, flags, out_flags)
        opened = ctypes.cast(file, ctypes.POINTER(_File)).contents
        if code == 0 and name and opened.methods:
            path = Path(ctypes.string_at(name).decode())
            if path.suffix != ".db-shm":
                self._paths[file] = path
                opened.methods = ctypes.pointer(self._in_front_of(opened.methods.contents))
        return code

    def _delete(self, vfs, name, sync_folder):
        code = self._former_delete(vfs, name, sync_folder)
        if code == 0:
            self.record.events.append(Event("delete", Path(ctypes.string_at(name).decode())))
        return code

    def _in_front_of(self, former):
        address = ctypes.addressof(former)
        if address not in self._methods:
            ours = _Methods.from_buffer_copy(former)
            ours.write, ours.truncate, ours.sync = (ctypes.cast(one, _POINTER) for one in self._own)
            theirs = _WRITE(former.write), _TRUNCATE(former.truncate), _SYNC(former.sync)
            self._methods[address] = ours, theirs
        self._theirs = self._methods[address][1]  # one way of locking, one set of functions
        return self._methods[address][0]

    def _write(self, file, data, size, offset):
        code = self._theirs[0](file, data, size, offset)
        self.record.events.append(Event("write", self._paths[file], offset, ctypes.string_at(data, size)))
        return code

    def _truncate(self, file, size):
        code = self._theirs[1](file, size)
        self.record.events.append(Event("truncate", self._paths[file], size))
        return code

    def _sync(self, file, flags):
        code = self._theirs[2](file, flags)
        self.record.events.append(Event("sync", self._paths[file]))
        return code


def images(record, number, seed):
    """Yield so many images: (moment, files); each third loses all that is not synced, or nothing.

    Moments are even over the record, and just after each promise, where a promise has least behind it.
    """
    chance = random.Random(seed)  # noqa: S311 - no secrets
    after_promises = [n + 1 for n, event in enumerate(record.events) if event.kind == "promise"]
    for turn in range(number):
        moment = chance.choice(after_promises) if turn % 2 else chance.randrange(1, len(record.events) + 1)
        yield moment, record.image(moment, chance, (0.0, 0.5, 0.9, 1.0)[turn // 2 % 4])
