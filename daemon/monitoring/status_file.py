"""The status of a running daemon, in a small file that `inboxray status` reads."""

import errno
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from daemon.spool.folders import Spool
from daemon.spool.lock import is_held

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


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
    beside = spool.status_file.with_name(f".status.{os.getpid()}.tmp")
    try:
        beside.write_bytes(text)
        beside.replace(spool.status_file)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
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


def daemon_is_running(spool: Path) -> bool:
    """Return whether a daemon holds the spool now.

    Parameters
    ----------
    spool : Path
        Root of the spool.

    Returns
    -------
    bool
    """
    return is_held(Spool(spool))
