"""Paths below a folder that is trusted, and what leads out of it: links, where folders were.

A folder of the inbox may become a link at any time, also between a look and a rename: what goes through
it takes a file that is not ours, or puts or syncs one where it is not ours any more (faults 13 and 61).
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_FOLDER_FLAGS = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC


def leads_through_link(root: bytes, path: bytes) -> bool:
    """Return whether a folder above a path is a link: what lies behind it is not ours.

    A walk enters none, but events may name what lies behind one: watchdog takes a link to a folder for a
    folder.

    Parameters
    ----------
    root, path : bytes
        The path is relative to the root.

    Returns
    -------
    bool
    """
    parents = path.split(b"/")[:-1]
    return any(os.path.islink(os.path.join(root, *parents[: end + 1])) for end in range(len(parents)))


def refuse_links(root: Path, stored: bytes) -> None:
    """Pass if no folder of a stored path is a link, ``done/`` and ``failed/`` themselves excepted.

    Only our own account may change these folders, so a look before the rename is enough.

    Parameters
    ----------
    root : Path
        Of the spool.
    stored : bytes
        Below it, as the row says: ``done/2026-11-23/a.dcm``.

    Raises
    ------
    OSError
        ELOOP: one is.
    """
    top, _, path = stored.partition(b"/")
    if leads_through_link(os.path.join(os.fsencode(root), top), path):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


@contextmanager
def folder_below(root: Path, path: bytes, *, make: bool = False) -> Iterator[int]:
    """Open the folder that a path lies in, a folder at a time, through no link.

    Parameters
    ----------
    root : Path
        Is trusted, and followed if it is a link.
    path : bytes
        Relative, of a file.
    make : bool
        Make folders that are missing, the root too.

    Yields
    ------
    int
        A descriptor that stands for the folder (O_PATH).

    Raises
    ------
    OSError
        A folder is missing, is a link or is no folder (ENOTDIR).
    """
    if make:
        os.makedirs(root, exist_ok=True)
    folder = os.open(root, _FOLDER_FLAGS)
    try:
        for part in path.split(b"/")[:-1]:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(part, dir_fd=folder)
            deeper = os.open(part, _FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = deeper
        yield folder
    finally:
        os.close(folder)


def open_folder(root: Path, folder: bytes) -> int:
    """Open a folder to sync it, through no link and into no other file system.

    Parameters
    ----------
    root : Path
        Is trusted, and followed if it is a link.
    folder : bytes
        Relative; empty for the root itself.

    Returns
    -------
    int
        A descriptor, which the caller closes.

    Raises
    ------
    OSError
        A folder is missing, is a link or is no folder (ENOTDIR), or it lies on another file system than the
        root (ENOENT): no rename reaches from one to the other, so nothing of ours was ever in there.
    """
    with folder_below(root, os.path.join(folder, b"")) as below:
        if os.fstat(below).st_dev != root.stat().st_dev:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=below)
