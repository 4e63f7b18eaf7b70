"""Renames that replace nothing: rename(2) would silently take the place of a file that came meanwhile.

References
----------
renameat2(2) RENAME_NOREPLACE.
"""

import ctypes
import errno
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

from daemon.spool.below import folder_below
from daemon.spool.names import fit_name

_AT_FDCWD = -100
_RENAME_NOREPLACE = 1
_NOT_SUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP})  # a file system that knows no flags


def rename_new(path: bytes, target: bytes, *, folder: int | None = None) -> None:
    """Rename a file to a name that stands nowhere yet.

    Parameters
    ----------
    path, target : bytes
    folder : int, optional
        Descriptor of the folder that `target` is relative to.

    Raises
    ------
    FileExistsError
        Something has that name; both stay as they are.
    OSError
        It cannot be renamed.
    """
    if _renameat2()(_AT_FDCWD, path, _AT_FDCWD if folder is None else folder, target, _RENAME_NOREPLACE) == 0:
        return
    number = ctypes.get_errno()
    if number not in _NOT_SUPPORTED:
        raise OSError(number, os.strerror(number))
    if _stands(target, folder):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    os.rename(path, target, dst_dir_fd=folder)


@cache
def _renameat2() -> Callable[..., int]:
    return ctypes.CDLL(None, use_errno=True).renameat2


def _stands(name: bytes, folder: int | None) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def rename_into_inbox(inbox: Path, path: bytes, source: bytes, scan_id: str) -> bytes:
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

    Returns
    -------
    bytes
        The path below the inbox that it got.

    Raises
    ------
    OSError
        It cannot be put there, for one because a folder on the way is a link by now; it stays where it is.
    """
    parent, name = os.path.split(source)
    with folder_below(inbox, source, make=True) as folder:
        for taken in (True,) if _stands(name, folder) else (False, True):
            fitting = fit_name(name, scan_id, taken=taken)
            try:
                rename_new(path, fitting, folder=folder)
            except FileExistsError:
                continue
            return os.path.join(parent, fitting)
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
