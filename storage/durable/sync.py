"""What was written and renamed outlives a loss of power once it was synced.

References
----------
fsync(2).
"""

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from pathlib import Path
from typing import Final

_SYNCS_AT_ONCE: Final = 8  # more gain nothing on a disk that answers many as soon as one, and each costs time

_NOT_THE_DISK: Final = frozenset(
    {errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO}
)  # why something cannot be opened for fsync: it is gone, is no longer what it was, or is not ours
_NOTHING_TO_SYNC: Final = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})
"""Why fsync refuses a folder that no disk keeps, such as /proc: a link may stand where one of ours was."""


def sync_folder(folder: Path) -> None:
    """Sync one folder, so that what was renamed in it stays renamed; it must be there.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    OSError
        It is gone, is no folder, or the disk refused.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_all(
    *,
    files: Iterable[bytes] = (),
    folders: Iterable[bytes] = (),
    opener: Callable[[bytes, int], int] = os.open,
) -> None:
    """Sync files and folders at once: each fsync(2) waits for the disk, which answers many as soon as one.

    Parameters
    ----------
    files, folders : iterable of bytes
        Paths. What is gone, is a link, or is not ours to open is passed over: the program that removed a
        folder synced it.
    opener : callable
        Opens a path with flags, as `os.open` does.

    Raises
    ------
    OSError
        The disk refused; after EIO nothing that was written before can be trusted.
    """
    paths = [(path, os.O_NOFOLLOW | os.O_NONBLOCK) for path in files]
    paths += [(path, os.O_DIRECTORY) for path in folders]
    wanted = min(len(paths), _SYNCS_AT_ONCE)
    left = iter(paths)  # shared: a free thread takes the next
    if wanted <= 1:
        _sync_each(left, opener)
        return
    parts = [_threads().submit(_sync_each, left, opener) for _ in range(wanted)]
    wait(parts)
    for one in parts:
        one.result()


@cache
def _threads() -> ThreadPoolExecutor:
    """Give the threads that wait for the disk; they stay, since a batch needs them many times a second."""
    return ThreadPoolExecutor(_SYNCS_AT_ONCE, thread_name_prefix="sync")


def _sync_each(left: Iterator[tuple[bytes, int]], opener: Callable[[bytes, int], int]) -> None:
    for path, flags in left:
        _sync(path, flags, opener)


def _sync(path: bytes, flags: int, opener: Callable[[bytes, int], int]) -> None:
    try:
        descriptor = opener(path, os.O_RDONLY | os.O_CLOEXEC | flags)
    except OSError as error:
        if error.errno in _NOT_THE_DISK:
            return
        raise
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISREG(mode):
            os.fsync(descriptor)
        elif stat.S_ISDIR(mode):
            _sync_open_folder(descriptor)
    finally:
        os.close(descriptor)


def _sync_open_folder(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOTHING_TO_SYNC:
            raise
