"""After the row: the reason file, and the file's last move.

A row that stands decides where its file goes; a move that fails is tried again, the row stays (fault 55).
"""

import errno
import json
import os
import shlex
import stat
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from daemon.spool.claiming import Claim, release
from daemon.spool.folders import PRIVATE_MODE, Spool
from daemon.spool.names import MAX_NAME_BYTES, REASON_SUFFIX, decode_name, fit_name
from daemon.spool.rename import rename_new

REASONS: dict[str, str] = {
    "empty_file": "The file has no bytes. Send it again from its source.",
    "unknown_format": "The file is no DICOM, PNG or JPEG. Nothing to do unless it should have been one.",
    "truncated": "The file ends before its picture does. Send it again from its source.",
    "unreadable": "The file could not be opened or parsed. Check its permissions, or send it again.",
    "bad_header": "The header contradicts itself or lacks what describes the picture. Ask its source.",
    "bad_pixels": "The picture's data cannot be decoded. Send it again from its source.",
    "too_large": "The picture or file is beyond the limits. See max_megapixels, max_scan_megapixels, "
    "max_frames and max_file_mb.",
    "deadline": "Decoding took longer than allowed. See deadline_s.",
    "decoder_crashed": "The decoder crashed twice on this file. Keep it to report; requeue after an upgrade.",
    "out_of_memory": "Decoding needed more memory than allowed. See decode_memory_mb.",
    "unsupported_transfer_syntax": "No codec for this encoding is installed. Requeue after an upgrade.",
    "bad_network_output": "The network gave no finite number. Check the release: inboxray model verify.",
    "unrecordable": "The database refused the row with this file's header. The row stands without it.",
    "crashed_daemon": "The daemon died three times while it had this file. Keep it for a report.",
}

_SYNCS_AT_ONCE = 16

_NOT_THE_DISK = frozenset(
    {errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO}
)  # why something cannot be opened for fsync: it is gone, is no longer what it was, or is not ours


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
    """

    claim: Claim
    outcome: str
    error_code: str | None
    stored_path: str


class Destinations:
    """Choose where the files of one batch will lie; two of a batch never get the same place.

    Parameters
    ----------
    spool : Spool
    day : date
        The UTC day.
    """

    def __init__(self, spool: Spool, day: date) -> None:
        self._spool = spool
        self._day = day.isoformat().encode()
        self._reserved: set[bytes] = set()
        self._folders: set[bytes] = set()

    def wanted(self, source: bytes, outcome: str) -> bytes:
        """Give the path below the spool that a file gets if it is free and short enough."""
        return os.path.join(b"failed" if outcome == "failed" else b"done", self._day, source)

    def reserve(self, paths: Iterable[bytes]) -> None:
        """Keep paths that rows name, and their reasons': the files may wait, or be in the inbox again."""
        for path in paths:
            self._reserved |= {path, path + REASON_SUFFIX.encode()}
            folder = os.path.dirname(path)
            while folder and folder not in self._folders:
                self._folders.add(folder)
                folder = os.path.dirname(folder)

    def choose(self, source: bytes, scan_id: str, outcome: str) -> bytes:
        """Choose a path that stands nowhere yet.

        Parameters
        ----------
        source : bytes
            The path to keep, as far as it is free and short enough.
        scan_id : str
        outcome : str

        Returns
        -------
        bytes
            Path below the spool: ``done/2026-11-23/a.dcm`` or ``failed/2026-11-23/a.dcm``.
        """
        longest = MAX_NAME_BYTES - len(REASON_SUFFIX) if outcome == "failed" else MAX_NAME_BYTES
        base, name = os.path.split(self.wanted(source, outcome))
        taken = self._is_taken(os.path.join(base, name)) or self._blocked(base)
        if outcome == "failed":
            taken = taken or self._is_taken(os.path.join(base, name + REASON_SUFFIX.encode()))
        if self._blocked(base):  # a file stands where a folder of this path would be
            base = os.path.dirname(self.wanted(b"", outcome))
        path = os.path.join(base, fit_name(name, scan_id, max_bytes=longest, taken=taken))
        self.reserve([path])
        return path

    def _is_taken(self, path: bytes) -> bool:
        if path in self._reserved or path in self._folders:
            return True
        return os.path.lexists(os.path.join(os.fsencode(self._spool.root), path))

    def _blocked(self, base: bytes) -> bool:
        root = os.fsencode(self._spool.root)
        while base:
            whole = os.path.join(root, base)
            if base in self._reserved or (os.path.lexists(whole) and not os.path.isdir(whole)):
                return True
            base = os.path.dirname(base)
        return False


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
        target = os.path.join(root, decode_name(disposal.stored_path))
        try:
            if disposal.claim.is_canary:  # nobody's: nothing of it is kept
                with suppress(FileNotFoundError):
                    os.unlink(disposal.claim.path)
                moved.append(disposal)
                continue
            _make_folders(os.path.dirname(target), root)
            if disposal.outcome == "failed":
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
    sync_folders(folders)
    for disposal in moved:
        try:
            release(disposal.claim)
        except OSError as error:
            refused.append((disposal, error))
    return refused


def _make_folders(folder: bytes, root: bytes) -> None:
    """Make private folders and sync the ones that they are in, so that a moved file cannot be lost."""
    missing = []
    while not os.path.isdir(folder) and len(folder) > len(root):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for one in reversed(missing):
        os.mkdir(one, PRIVATE_MODE)
        sync_folders([os.path.dirname(one)])


def _make_private(path: bytes) -> None:
    """Let nobody else look at a file that may be a program, and nobody run it (fault 26)."""
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
        "again": f"inboxray --spool {shlex.quote(str(spool.root))} requeue {disposal.claim.scan_id}",
    }
    path = target + REASON_SUFFIX.encode()
    beside = os.path.join(os.path.dirname(target), f".{disposal.claim.scan_id}.tmp".encode())
    with open(beside, "w", encoding="utf-8") as file:
        json.dump(reason, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


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
