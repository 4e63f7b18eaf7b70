"""Files into claims and out of them: one rename out of the inbox, one back; what an earlier daemon left."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import uuid_utils

from daemon.spool.below import folder_below
from daemon.spool.claim import NOTE_SUFFIX, SCAN_ID, Claim
from daemon.spool.disk import PROBE_PREFIX
from daemon.spool.folders import PRIVATE_MODE, Spool
from daemon.spool.origins import find_origin, take_origin
from daemon.spool.rename import rename_into_inbox


def claim_file(spool: Spool, source: bytes) -> Claim:
    """Take a file out of the inbox.

    Parameters
    ----------
    spool : Spool
    source : bytes
        Path below the inbox.

    Returns
    -------
    Claim

    Raises
    ------
    OSError
        The file is gone, may not be renamed, or the disk refuses. Nothing is left behind.
    """
    scan_id = str(uuid_utils.uuid7())
    folder = spool.claimed / scan_id
    target = os.path.join(os.fsencode(folder), source)
    try:
        os.makedirs(os.path.dirname(target), mode=PRIVATE_MODE)
        with folder_below(spool.inbox, source) as parent:
            os.rename(os.path.basename(source), target, src_dir_fd=parent)
    except OSError:
        if not os.path.lexists(target):  # NFS may say no to a rename that it did
            with suppress(OSError):
                _remove_folders(folder)
            raise
    claim = Claim(scan_id, folder, source)
    origin = take_origin(spool, claim)
    return claim if origin == claim.origin else replace(claim, origin=origin)


def find_claims(spool: Spool) -> Iterator[Claim]:
    """Yield what an earlier daemon left in ``claimed/``; folders without a file are removed.

    Only one daemon holds the spool, so nothing else works in there; other files and folders are left alone.

    Parameters
    ----------
    spool : Spool

    Yields
    ------
    Claim
    """
    for entry in sorted(os.scandir(spool.claimed), key=lambda entry: entry.name):
        folder = Path(entry.path)
        if not entry.is_dir(follow_symlinks=False):
            lone_note = folder.suffix == NOTE_SUFFIX and not folder.with_suffix("").is_dir()
            if lone_note or entry.name.startswith(PROBE_PREFIX):
                folder.unlink(missing_ok=True)  # the note may have gone with its empty folder just now
        elif SCAN_ID.fullmatch(entry.name):
            source = _only_file(os.fsencode(folder))
            if source is None:
                remove_claim(Claim(entry.name, folder, b""))
            else:
                claim = Claim(entry.name, folder, source)
                yield replace(claim, origin=find_origin(spool, claim))


def _only_file(folder: bytes) -> bytes | None:
    for parent, folders, names in os.walk(folder):
        for name in (*names, *folders):
            path = os.path.join(parent, name)
            if name in names or os.path.islink(path):
                return os.path.relpath(path, folder)
    return None


def remove_claim(claim: Claim) -> None:
    """Remove the folders of a claim whose file has moved on, and its note.

    Parameters
    ----------
    claim : Claim

    Raises
    ------
    OSError
        The file is still there: nothing but empty folders is ever removed.
    """
    _remove_folders(claim.folder)
    claim.note.unlink(missing_ok=True)


def _remove_folders(folder: Path) -> None:
    try:
        os.rmdir(folder)
    except OSError:  # the file lay deeper, or is still there
        for parent, _, _ in os.walk(folder, topdown=False):
            os.rmdir(parent)


def return_to_inbox(spool: Spool, claim: Claim) -> bytes | None:
    """Put a file that changed after its claim back to its place; it will be a new arrival.

    Parameters
    ----------
    spool : Spool
    claim : Claim

    Returns
    -------
    bytes or None
        The path below the inbox that it has now: another name where its own was taken meanwhile. None for a
        canary, which is removed.

    Raises
    ------
    OSError
        It cannot be put back; it stays claimed.
    """
    given = None
    if not claim.origin.keeps_file:  # a canary would lose its mark: the next one takes its place
        os.unlink(claim.path)
    else:
        given = rename_into_inbox(spool.inbox, claim.path, claim.source, claim.scan_id)
    with suppress(OSError):  # the file has gone: what is left is empty, and removed at the next start
        remove_claim(claim)
    return given
