"""What a running daemon says of itself, in a small file that `inboxray status` reads."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from daemon.spool import Spool, is_held


def write_status(spool: Spool, status: Mapping[str, Any]) -> None:
    """Replace the status file in one step.

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
    beside = spool.status_file.with_name(f".status.{os.getpid()}.tmp")
    beside.write_text(json.dumps(status, indent=1), encoding="utf-8")
    beside.replace(spool.status_file)


def read_status(spool: Path) -> dict[str, Any] | None:
    """Read what the daemon of a spool wrote last.

    Parameters
    ----------
    spool : Path
        Root of the spool.

    Returns
    -------
    dict or None
        None if no daemon ever wrote, or what stands there is no status.
    """
    try:
        status = json.loads(Spool(spool).status_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return status if isinstance(status, dict) else None


def daemon_is_running(spool: Path) -> bool:
    """Tell whether a daemon holds the spool now."""
    return is_held(Spool(spool))
