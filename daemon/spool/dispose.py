"""After the row: the reason file, and the file's last move.

A row that stands decides where its file goes; a move that fails is tried again, the row stays (fault 55).
"""

import errno
import json
import os
import shlex
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from daemon.spool.below import refuse_links
from daemon.spool.claim import Claim
from daemon.spool.claiming import remove_claim
from daemon.spool.durability import make_folders
from daemon.spool.folders import Spool
from daemon.spool.names import REASON_SUFFIX, decode_name
from daemon.spool.reasons import REASONS
from daemon.spool.rename import rename_new
from storage.durable.replace import Synced, replace_file
from storage.durable.sync import sync_all
from storage.vocabulary import FAILED


@dataclass(frozen=True, slots=True)
class Disposal:
    """Where a claimed file goes, as its row says.

    Parameters
    ----------
    claim : Claim
    outcome : str
    error_code : str or None
    stored_path : str
        Below the spool, percent-encoded as in the row.
    error_detail : str, optional
        What was wrong, in words.
    """

    claim: Claim
    outcome: str
    error_code: str | None
    stored_path: str
    error_detail: str | None = None


def dispose(spool: Spool, disposals: Iterable[Disposal]) -> list[tuple[Disposal, OSError]]:
    """Move claimed files to where their rows say, and remove their claims.

    Parameters
    ----------
    spool : Spool
    disposals : iterable of Disposal
        Their rows are committed.

    Returns
    -------
    list of (Disposal, OSError)
        Those that did not succeed; their files stay in ``claimed/``, and doing it again is harmless.
    """
    folders: set[bytes] = set()
    moved: list[Disposal] = []
    refused: list[tuple[Disposal, OSError]] = []
    root = os.fsencode(spool.root)
    for disposal in disposals:
        stored = decode_name(disposal.stored_path)
        target = os.path.join(root, stored)
        try:
            if not disposal.claim.origin.keeps_file:
                with suppress(FileNotFoundError):
                    os.unlink(disposal.claim.path)
                moved.append(disposal)
                continue
            refuse_links(spool.root, stored)
            make_folders(os.path.dirname(target), root)
            if disposal.outcome == FAILED:
                _write_reason(spool, target, disposal)
            if disposal.error_code == "executable_preamble":
                _make_private(disposal.claim.path)
            if os.path.lexists(disposal.claim.path):
                rename_new(disposal.claim.path, target)
        except OSError as error:
            refused.append((disposal, error))
        else:
            folders |= {os.path.dirname(target), os.path.dirname(disposal.claim.path)}
            moved.append(disposal)
    sync_all(folders=folders)
    for disposal in moved:
        try:
            remove_claim(disposal.claim)
        except OSError as error:
            refused.append((disposal, error))
    return refused


def _make_private(path: bytes) -> None:
    """Let no other user read a file that may be a program, and none run it (fault 26)."""
    with suppress(PermissionError, FileNotFoundError):  # its owner's alone to change; or moved before
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)


def _write_reason(spool: Spool, target: bytes, disposal: Disposal) -> None:
    code = disposal.error_code or ""
    reason = {
        "scan_id": disposal.claim.scan_id,
        "outcome": disposal.outcome,
        "error_code": code,
        "reason": REASONS.get(code, code),
        **({} if disposal.error_detail is None else {"in_detail": disposal.error_detail}),
        "again": f"inboxray --spool {shlex.quote(str(spool.root))} requeue {disposal.claim.scan_id}",
    }
    path = target + REASON_SUFFIX.encode()
    content = f"{json.dumps(reason, indent=2)}\n".encode()
    try:  # its folder is synced with those of the whole batch
        replace_file(Path(os.fsdecode(path)), content, Synced.CONTENT, writer=disposal.claim.scan_id)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        # an earlier version chose this place, and its row stands: better without a reason than never
