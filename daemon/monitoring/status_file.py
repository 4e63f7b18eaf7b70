"""The status of a running daemon, in a small file that `inboxray status` reads."""

import errno
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from daemon.spool.folders import Spool
from daemon.spool.lock import is_held
from storage.durable.replace import Synced, replace_file

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FILE_MODE: Final = (
    0o640  # nothing of a patient is in it: the page's user reads it, as one of the daemon's group
)
_SILENT_S: Final = 60  # a daemon renews it each second


def write_status(spool: Spool, status: Mapping[str, Any]) -> None:
    """Replace the status file atomically; on a full disk in place, for it says that the disk is full.

    Parameters
    ----------
    spool : Spool
    status : mapping
        Anything that JSON can hold.

    Raises
    ------
    OSError
        The disk refused; the old file stands.
    """
    text = json.dumps(status, indent=1).encode()
    try:
        replace_file(spool.status_file, text, Synced.NOTHING, mode=_FILE_MODE, writer="daemon")
    except OSError as error:
        if error.errno not in _FULL:
            raise
        with spool.status_file.open("r+b") as file:
            file.write(text)
            file.truncate()


def read_status(spool: Path) -> dict[str, Any] | None:
    """Read what the daemon of a spool wrote last.

    Parameters
    ----------
    spool : Path
        Root of the spool.

    Returns
    -------
    dict or None
        None if there is none, or the file is no status.
    """
    try:
        status = json.loads(Spool(spool).status_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return status if isinstance(status, dict) else None


def why_nothing_is_taken_in(status: Mapping[str, Any]) -> list[str]:
    """Return why a daemon claims and answers no file now, by what it says of itself.

    Parameters
    ----------
    status : mapping

    Returns
    -------
    list of str
        Empty if it does: such as ``starting``, or ``disk: ENOSPC``.
    """
    pauses = dict(status.get("pauses") or {})
    return [
        *([] if status.get("state") == "running" else ["starting"]),
        *sorted(f"{reason}: {pause['cause']}" for reason, pause in pauses.items()),
        *(status.get("canary") or ()),
    ]


def daemon_is_running(spool: Path) -> bool:
    """Return whether a daemon holds the spool now.

    Parameters
    ----------
    spool : Path
        Root of the spool.

    Returns
    -------
    bool
        Who may not ask for the lock, which is the daemon's own, goes by whether its status is new.

    Raises
    ------
    PermissionError
        This user may read neither.
    """
    try:
        return is_held(Spool(spool))
    except PermissionError:
        status = read_status(spool)
        if status is None:
            raise
        return _is_new(status)


def _is_new(status: Mapping[str, Any]) -> bool:
    try:
        written = datetime.fromisoformat(status["updated_at"])
    except (KeyError, TypeError, ValueError):
        return False
    return datetime.now(UTC) - written < timedelta(seconds=_SILENT_S)
