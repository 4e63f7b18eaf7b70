"""Rows against files, both ways: after a lost database, a restored backup, or a hand in the spool."""

import hashlib
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal, get_args

from daemon.spool.folders import Spool
from daemon.spool.names import REASON_SUFFIX, decode_name, encode_name, is_original
from daemon.spool.origins import origins_in_claims, origins_in_inbox
from daemon.spool.removals import NOTE_NAME, removed_paths
from storage.durable.replace import is_unfinished

Finding = Literal[
    "missing_file", "sent_again", "orphan_file", "changed_file", "unreadable_file", "removed_early"
]
FINDINGS: Final[tuple[Finding, ...]] = get_args(Finding)


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where rows and files do not agree.

    Parameters
    ----------
    finding : str
        ``missing_file``: a row's file is gone; ``sent_again``: it is gone, and the file of a later row has
        the same bytes, so nothing is lost; ``orphan_file``: no row names this file; ``changed_file``: its
        bytes are not the recorded ones; ``unreadable_file``: its bytes cannot be compared; ``removed_early``:
        retention took a row's file while the clock was wrong.
    scan_id : str or None
        Of the row, where there is one.
    path : str
        Below the spool, percent-encoded as in rows.
    again_as : str or None
        Of ``sent_again``: the later scan.
    """

    finding: Finding
    scan_id: str | None
    path: str
    again_as: str | None = None

    @property
    def is_settled(self) -> bool:
        """True if nothing has to be done about it."""
        return self.finding == "sent_again"


def compare(
    spool: Spool,
    rows: Iterable[Mapping[str, Any]],
    was_requeued: Callable[[str], bool],
    *,
    deep: bool = False,
    pace: Callable[[], None] = lambda: None,
) -> Iterator[Difference]:
    """Compare what is recorded with what lies in ``done/`` and ``failed/``, also while a daemon works.

    Parameters
    ----------
    spool : Spool
    rows : iterable of Mapping
        With ``scan_id``, ``stored_path`` and ``sha256``; not consumed before the folders were listed: a
        file is moved after its row is committed, so a file that was seen has its row by then. In the order
        in which they were recorded.
    was_requeued : callable
        Returns for a scan id whether it was requeued: then its file may be elsewhere.
    deep : bool
        Read every file and compare its hash.
    pace : callable
        Called before each file and each row; may take its time.

    Yields
    ------
    Difference
    """
    files = set(_stored_files(spool, pace))
    elsewhere = _Elsewhere(spool, was_requeued)
    missing: dict[str | None, list[Difference]] = {}
    for row in _of_the_spool(rows):
        pace()
        path = decode_name(row["stored_path"])
        known = path in files
        files.discard(path)
        if known or _is_there(spool, path):
            if deep and (finding := _compare_bytes(spool, path, row["sha256"])):
                yield Difference(finding, row["scan_id"], row["stored_path"])
            elif row["sha256"]:
                for lost in missing.pop(row["sha256"], ()):
                    yield replace(lost, finding="sent_again", again_as=row["scan_id"])
        elif elsewhere.was_removed_early(row["stored_path"]):
            yield Difference("removed_early", row["scan_id"], row["stored_path"])
        elif not elsewhere.has(row["scan_id"], row["stored_path"]):
            lost = Difference("missing_file", row["scan_id"], row["stored_path"])
            missing.setdefault(row["sha256"], []).append(lost)
    yield from _still_missing(spool, [*itertools.chain.from_iterable(missing.values())], was_requeued)
    for path in sorted(files):
        if _is_there(spool, path):
            yield Difference("orphan_file", None, encode_name(path))


def _of_the_spool(rows: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Leave out originals of an archive: they are not ours, and their share may be away."""
    return (row for row in rows if not is_original(row["stored_path"]))


class _Elsewhere:
    """Where files may be that are not in their places, as of the moment in which it is made."""

    def __init__(self, spool: Spool, was_requeued: Callable[[str], bool]) -> None:
        self._spool = spool
        self._was_requeued = was_requeued
        self._removed = dict(removed_paths(spool, datetime.now(UTC)))
        coming = origins_in_inbox(spool) | origins_in_claims(spool)  # in the order in which files move on
        self._requeued = {origin.requeued_from for origin in coming}

    def was_removed_early(self, path: str) -> bool:
        """Return whether retention took a file while the clock was wrong."""
        return self._removed.get(path, False)

    def has(self, scan_id: str, path: str) -> bool:
        """Return whether a file was removed by retention, waits for its move, or was requeued."""
        return (
            path in self._removed
            or scan_id in self._requeued
            or (self._spool.claimed / scan_id).is_dir()
            or self._was_requeued(scan_id)
        )


def _still_missing(
    spool: Spool, lost: list[Difference], was_requeued: Callable[[str], bool]
) -> Iterator[Difference]:
    """Look again for files that were in none of their places: they may have moved between two looks."""
    elsewhere = _Elsewhere(spool, was_requeued) if lost else None
    for one in lost:
        found = elsewhere is not None and elsewhere.has(one.scan_id or "", one.path)
        if not found and not _is_there(spool, decode_name(one.path)):
            yield one


def _is_there(spool: Spool, path: bytes) -> bool:
    return os.path.lexists(os.path.join(os.fsencode(spool.root), path))


def _stored_files(spool: Spool, pace: Callable[[], None]) -> Iterator[bytes]:
    root = os.fsencode(spool.root)
    for folder in (spool.done, spool.failed):
        for parent, _, names in os.walk(os.fsencode(folder), onerror=_refuse):
            for name in names:
                pace()
                if not _is_ours(name):
                    yield os.path.relpath(os.path.join(parent, name), root)


def _refuse(error: OSError) -> None:
    """Let a folder that this user may not list be an error, and not one without files."""
    if not isinstance(error, FileNotFoundError):
        raise error


def _is_ours(name: bytes) -> bool:
    """Return what the daemon wrote beside stored scans, or is writing; such names are never claimed."""
    notes = name == NOTE_NAME.encode() or name.endswith(REASON_SUFFIX.encode())
    return notes or is_unfinished(name)


def _compare_bytes(spool: Spool, path: bytes, sha256: str | None) -> Finding | None:
    if sha256 is None:
        return None
    try:
        with open(os.path.join(os.fsencode(spool.root), path), "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None  # requeued meanwhile
    except OSError:
        return "unreadable_file"
    return None if found == sha256 else "changed_file"
