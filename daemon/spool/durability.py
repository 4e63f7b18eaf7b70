"""Which files and folders must be synced before a row says that a file is ours (faults 34, 61)."""

import os
from collections.abc import Callable, Iterable
from typing import Final

from daemon.spool.below import open_folder
from daemon.spool.claim import Claim
from daemon.spool.folders import PRIVATE_MODE, Spool
from storage.durable.sync import sync_all

_GROUP_READS: Final = 0o050


def make_folders(folder: bytes, root: bytes) -> None:
    """Make private folders and sync the ones that they are in, so that a moved file cannot be lost.

    A group reads them if it reads the folder that they are in: so an administrator lets the page read
    ``done/``, once.

    Parameters
    ----------
    folder, root : bytes
    """
    missing = []
    while not os.path.isdir(folder) and len(folder) > len(root):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for one in reversed(missing):
        above = os.path.dirname(one)
        os.mkdir(one, PRIVATE_MODE)
        if (
            reads := os.stat(above).st_mode & _GROUP_READS
        ):  # by name: the daemon's umask leaves a group nothing
            os.chmod(one, os.stat(one).st_mode & 0o7777 | reads)
        sync_all(folders=[above])


def sync_claims(spool: Spool, claims: Iterable[Claim]) -> None:
    """Sync claimed files, the folders that they left, and the folders that they are in.

    Parameters
    ----------
    spool : Spool
    claims : iterable of Claim

    Raises
    ------
    OSError
        The disk refused; after EIO nothing that was written before can be trusted.
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
    sync_all(files=files, folders=folders, opener=inbox_opener(spool))


def inbox_opener(spool: Spool) -> Callable[[bytes, int], int]:
    """Return what opens paths to sync them, and folders of the inbox through no link.

    Others may put a link where a folder of the inbox was: what it leads to may hang, or say that a disk is
    broken which is not ours (fault 61).

    Parameters
    ----------
    spool : Spool

    Returns
    -------
    callable
        For `storage.durable.sync.sync_all`.
    """
    inbox = os.fsencode(spool.inbox)

    def opened(path: bytes, flags: int) -> int:
        if path == inbox or path.startswith(inbox + b"/"):
            return open_folder(spool.inbox, path[len(inbox) + 1 :])
        return os.open(path, flags)

    return opened
