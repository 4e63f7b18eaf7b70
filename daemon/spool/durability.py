"""Which files and folders of the spool must be synced before a row says that a file is ours (fault 34)."""

import os
from collections.abc import Iterable

from daemon.spool.claim import Claim
from daemon.spool.folders import PRIVATE_MODE, Spool
from storage.durable.sync import sync_all


def make_folders(folder: bytes, root: bytes) -> None:
    """Make private folders and sync the ones that they are in, so that a moved file cannot be lost.

    Parameters
    ----------
    folder, root : bytes
    """
    missing = []
    while not os.path.isdir(folder) and len(folder) > len(root):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for one in reversed(missing):
        os.mkdir(one, PRIVATE_MODE)
        sync_all(folders=[os.path.dirname(one)])


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
    sync_all(files=files, folders=folders)
