"""Back into the inbox: a file that has its answer becomes a new arrival, and its old row stays.

The note comes first, then the rename: a crash between the two leaves a note that no file answers to, while
the other order could leave an arrival that does not know what it was.
"""

import errno
import os
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uuid_utils

from daemon.errors import BadDataError, CannotCreateError, MissingFileError
from daemon.spool.below import refuse_links
from daemon.spool.claim import Origin
from daemon.spool.durability import inbox_opener
from daemon.spool.folders import Spool
from daemon.spool.names import MAX_NAME_BYTES, REASON_SUFFIX, decode_name, is_original
from daemon.spool.origins import InboxNote
from daemon.spool.preview_files import remove_previews
from daemon.spool.rename import rename_into_inbox
from storage.durable.replace import Synced, replacing
from storage.durable.sync import sync_all

ORIGINALS: Final = (
    "`inboxray backfill --again --outcome failed` answers failed ones anew where they lie, and "
    "`inboxray backfill --again` those that another release answered"
)
"""What answers files again that must not be moved."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What must be known of a recorded scan to do it again.

    Parameters
    ----------
    scan_id : str
    source_name : str
        Path below the inbox as in the row, percent-encoded.
    stored_path : str
        Path below the spool as in the row, percent-encoded.
    """

    scan_id: str
    source_name: str
    stored_path: str

    @property
    def is_of_an_archive(self) -> bool:
        """Whether its file is an original that a backfill answered where it lies."""
        return is_original(self.stored_path)


def requeue(spool: Spool, scan: Answered, *, was_changed: bool = False) -> bytes:
    """Move the file of a recorded scan back into the inbox.

    Parameters
    ----------
    spool : Spool
    scan : Answered
    was_changed : bool
        It was written to since it had its answer.

    Returns
    -------
    bytes
        Its path below the inbox; another name than it had where that is taken meanwhile.

    Raises
    ------
    MissingFileError
        The file is not where the row says: requeued before, removed, or not yet put away.
    BadDataError
        The row's paths lead out of the spool, as those of a backfill do; nothing was touched.
    CannotCreateError
        The inbox cannot be written, or the way to the file leads through a link.
    """
    place = decode_name(scan.stored_path)
    if scan.is_of_an_archive:
        raise BadDataError(
            f"the file of scan {scan.scan_id} is an original of an archive, which is never moved: "
            f"{ORIGINALS}; or copy it into the inbox"
        )
    stored = _below(spool.root, place, scan)
    try:
        refuse_links(spool.root, place)
        status = os.lstat(stored)
        if stat.S_ISREG(status.st_mode):
            status = _alone(stored, status)
    except FileNotFoundError:
        raise _missing(scan) from None
    except OSError as error:
        raise _refused(spool, f"scan {scan.scan_id}", error) from None
    if not stat.S_ISREG(status.st_mode):
        raise _missing(scan)
    source = decode_name(scan.source_name)
    _below(spool.inbox, source, scan)
    note = InboxNote.of(spool, status, Origin(requeued_from=scan.scan_id, was_changed=was_changed))
    try:
        note.write()
        moved = _rename(spool, stored, source, scan.scan_id)
    except FileNotFoundError:
        note.remove()
        raise _missing(scan) from None
    except OSError as error:
        note.remove()
        raise _refused(spool, f"scan {scan.scan_id}", error) from None
    with suppress(OSError):  # its next answer has pictures of its own
        remove_previews(spool, scan.scan_id)
    return moved


def _alone(stored: bytes, status: os.stat_result) -> os.stat_result:
    """Give a file bytes of its own where other names lead to the same: notes are found by the inode.

    Raises
    ------
    OSError
        The disk refused; the file is as it was.
    """
    if status.st_nlink == 1:
        return status
    path = Path(os.fsdecode(stored))
    with path.open("rb") as linked:
        mode = stat.S_IMODE(status.st_mode)
        with replacing(path, Synced.CONTENT_AND_NAME, mode=mode) as copy:
            shutil.copyfileobj(linked, copy)
            copy.flush()
            os.utime(copy.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))
    return os.lstat(stored)


def return_orphan(spool: Spool, stored_path: str) -> bytes:
    """Move a file of ``done/`` or ``failed/`` that has no row back into the inbox, as a new arrival.

    Parameters
    ----------
    spool : Spool
    stored_path : str
        Below the spool, percent-encoded: ``done/2026-11-23/a.dcm``.

    Returns
    -------
    bytes
        Its path below the inbox.

    Raises
    ------
    MissingFileError
        It is gone meanwhile.
    CannotCreateError
        The inbox cannot be written, or the way to the file leads through a link.
    """
    path = decode_name(stored_path)
    source = path.split(b"/", 2)[-1]
    try:
        refuse_links(spool.root, path)
        return _rename(spool, os.path.join(os.fsencode(spool.root), path), source, str(uuid_utils.uuid7()))
    except FileNotFoundError:
        raise MissingFileError("a file without a row is gone meanwhile; check again") from None
    except OSError as error:
        raise _refused(spool, "a file without a row", error) from None


def _rename(spool: Spool, stored: bytes, source: bytes, scan_id: str) -> bytes:
    target = rename_into_inbox(spool.inbox, stored, source, scan_id)
    if len(os.path.basename(stored)) <= MAX_NAME_BYTES - len(REASON_SUFFIX):  # longer ones have no such file
        Path(os.fsdecode(stored + REASON_SUFFIX.encode())).unlink(missing_ok=True)
    folder = os.path.join(os.fsencode(spool.inbox), os.path.dirname(target))
    sync_all(folders=[folder, os.path.dirname(stored)], opener=inbox_opener(spool))
    return target


def _below(root: Path, path: bytes, scan: Answered) -> bytes:
    """Join a path of a row to its folder, and refuse one that leads out of it."""
    if not path or path.startswith(b"/") or b".." in path.split(b"/") or b"\0" in path:
        raise BadDataError(f"the row of scan {scan.scan_id} holds a path out of the spool; nothing was moved")
    return os.path.join(os.fsencode(root), path)


def _missing(scan: Answered) -> MissingFileError:
    return MissingFileError(
        f"the file of scan {scan.scan_id} is not where its row says: it was requeued or removed, or is "
        "just being put away; `inboxray explain` shows what is known of it"
    )


def _refused(spool: Spool, what: str, error: OSError) -> CannotCreateError:
    advice = (
        "a folder above it was replaced by a link, which is never followed: put the folder back"
        if error.errno == errno.ELOOP
        else "run this as the daemon's user, and look at the disk's room"
    )
    return CannotCreateError(f"{what} cannot go back into {spool.inbox}: {error.strerror}; {advice}")
