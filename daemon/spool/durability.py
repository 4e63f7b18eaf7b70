"""What must outlive a loss of power: files and folders, synced many at a time.

References
----------
fsync(2).
"""

import errno
import os
import stat
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from daemon.spool.claim import Claim
from daemon.spool.folders import PRIVATE_MODE, Spool

_SYNCS_AT_ONCE = 16


_NOT_THE_DISK = frozenset(
    {errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO}
)  # why something cannot be opened for fsync: it is gone, is no longer what it was, or is not ours


def make_folders(folder: bytes, root: bytes) -> None:
    """Make private folders and sync the ones that they are in, so that a moved file cannot be lost."""
    missing = []
    while not os.path.isdir(folder) and len(folder) > len(root):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for one in reversed(missing):
        os.mkdir(one, PRIVATE_MODE)
        sync_folders([os.path.dirname(one)])


def sync_folders(folders: Iterable[bytes]) -> None:
    """Sync folders by fsync(2), so that the renames in them outlive a loss of power."""
    _sync_all([(folder, os.O_DIRECTORY) for folder in folders])


def sync_claims(spool: Spool, claims: Iterable[Claim]) -> None:
    """Sync claimed files, the folders that they left, and the folders that they are in.

    Raises
    ------
    OSError
        The disk refused; after EIO nothing that was written before can be trusted (fault 34).
    """
    folders = {os.fsencode(spool.claimed)}
    files = []
    inbox = os.fsencode(spool.inbox)
    for claim in claims:
        files.append(claim.path)  # the row of one that cannot be read says so
        folders.add(os.path.join(inbox, os.path.dirname(claim.source)))
        parent = os.path.dirname(claim.path)
        while len(parent) >= len(os.fsencode(claim.folder)):
            folders.add(parent)
            parent = os.path.dirname(parent)
    _sync_all(
        [(path, os.O_NOFOLLOW | os.O_NONBLOCK) for path in files]
        + [(folder, os.O_DIRECTORY) for folder in folders]
    )


def _sync_all(paths: list[tuple[bytes, int]]) -> None:
    """Sync at once: each fsync(2) waits for the disk, which answers many as soon as one."""
    if len(paths) > 1:
        with ThreadPoolExecutor(min(len(paths), _SYNCS_AT_ONCE), thread_name_prefix="sync") as threads:
            for done in [threads.submit(_sync, path, flags) for path, flags in paths]:
                done.result()
    else:
        for path, flags in paths:
            _sync(path, flags)


def _sync(path: bytes, flags: int) -> None:
    """Sync a regular file or a folder; what cannot be opened is passed over, what the disk refuses raises.

    A folder that was removed since was synced by whoever removed it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | flags)
    except OSError as error:
        if error.errno in _NOT_THE_DISK:
            return
        raise
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
