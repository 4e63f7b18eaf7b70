"""Messages for a spool, a daemon or a database that is absent: what was meant is often beside it."""

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from daemon.settings.fields import Settings


def no_spool(settings: "Settings") -> str | None:
    """Say that there is no spool where the settings name one, and which one of nearly its name there is.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    str or None
        Begins with "there is no spool at"; None if there is one.

    Raises
    ------
    PermissionError
        This user may not look.
    """
    from daemon.spool.folders import Spool, similar

    spool = Spool(settings.spool)
    if spool.inbox.is_dir():
        return None
    absent = f"there is no spool at {spool.root}"
    if spool.root.exists() and not spool.root.is_dir():
        return f"{absent}, which is no folder"
    near = similar(spool)
    return absent + (f", but there is {near}" if near else "")


def no_daemon(settings: "Settings") -> str:
    """Write that no daemon runs on the spool of the settings, and what to do about it.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    str
    """
    absent = no_spool(settings)
    if absent is not None:
        return (
            f"no daemon runs on the spool {settings.spool}: {absent}. Name the one that you mean by --spool "
            "or INBOXRAY_SPOOL"
        )
    return (
        f"no daemon runs on the spool {settings.spool}; start it with "
        f"`inboxray --spool {shlex.quote(str(settings.spool))} run`, or name another by --spool"
    )


def no_database(settings: "Settings", path: "Path") -> str:
    """Write why there is no SQLite file where the settings mean it, and what to do about it.

    Parameters
    ----------
    settings : Settings
    path : Path

    Returns
    -------
    str
    """
    from daemon.monitoring.status_file import daemon_is_running, read_status

    what = f"there is no results database at {path}"
    absent = no_spool(settings)
    if settings.database_url is None and absent is not None:
        return f"{what}: {absent}. Name the one that you mean by --spool or INBOXRAY_SPOOL"
    if absent is None and daemon_is_running(settings.spool):
        kept_in = (read_status(settings.spool) or {}).get("database_url", settings.masked_database())
        if kept_in != settings.masked_database():
            return (
                f"{what}: the daemon of the spool {settings.spool} records in {kept_in}. Name that by "
                "--database-url or INBOXRAY_DATABASE_URL"
            )
        return f"{what} yet: the daemon is only starting. Try again in a moment"
    return (
        f"{what}: nothing was recorded there yet. Start `inboxray run`, or name another place by --spool or "
        "--database-url"
    )
