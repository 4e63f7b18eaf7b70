"""Renames that replace nothing: rename(2) would silently take the place of a file that came meanwhile.

References
----------
renameat2(2) RENAME_NOREPLACE.
"""

import ctypes
import errno
import os
from collections.abc import Callable
from pathlib import Path

from daemon.names import fit_name

_AT_FDCWD = -100
_RENAME_NOREPLACE = 1
_NOT_SUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP})  # a file system that knows no flags


def rename_new(path: bytes, target: bytes) -> None:
    """Rename a file to a name that stands nowhere yet.

    Parameters
    ----------
    path, target : bytes

    Raises
    ------
    FileExistsError
        Something has that name; both stay as they are.
    OSError
        It cannot be renamed.
    """
    renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    if renameat2(_AT_FDCWD, path, _AT_FDCWD, target, _RENAME_NOREPLACE) == 0:
        return
    number = ctypes.get_errno()
    if number not in _NOT_SUPPORTED:
        raise OSError(number, os.strerror(number))
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    os.rename(path, target)


def rename_into_inbox(
    inbox: Path, path: bytes, source: bytes, scan_id: str, announce: Callable[[bytes], None] = lambda _: None
) -> bytes:
    """Put a file into the inbox, under another name where its own is taken.

    Parameters
    ----------
    inbox : Path
    path : bytes
        Where it lies.
    source : bytes
        The path below the inbox that it should get; folders that are missing are made.
    scan_id : str
        Makes another name unique.
    announce : callable
        Called before each try with the path below the inbox.

    Returns
    -------
    bytes
        The path below the inbox that it got.

    Raises
    ------
    OSError
        It cannot be put there; it stays where it is.
    """
    root = os.fsencode(inbox)
    parent, name = os.path.split(source)
    os.makedirs(os.path.join(root, parent), exist_ok=True)
    for taken in (True,) if os.path.lexists(os.path.join(root, source)) else (False, True):
        given = os.path.join(parent, fit_name(name, scan_id, taken=taken))
        announce(given)
        try:
            rename_new(path, os.path.join(root, given))
        except FileExistsError:
            continue
        return given
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
