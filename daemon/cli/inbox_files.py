"""What commands ask about files that wait in the inbox."""

from contextlib import contextmanager
from typing import TYPE_CHECKING

from daemon.cli.absent import no_daemon

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from daemon.settings.fields import Settings
    from model.reading.completeness import Completeness


@contextmanager
def examining(settings: "Settings") -> "Iterator[Callable[[bytes], Completeness | None]]":
    """Yield what examines the structure of a file, in a child as the daemon does.

    Parameters
    ----------
    settings : Settings

    Yields
    ------
    callable
        Takes a path; None if it is gone or may not be read.
    """
    from daemon.decoding.from_settings import open_pool
    from daemon.spool.folders import Spool

    with open_pool(settings, folder=Spool(settings.spool).claimed) as pool:

        def examine(path: bytes) -> "Completeness | None":
            examined = pool.examine(path).result()
            return None if examined is None else examined[1]

        yield examine


def held_up_by(settings: "Settings") -> str | None:
    """Say what keeps the daemon from taking any file now, as far as it says so itself.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    str or None
    """
    from daemon.monitoring.status_file import daemon_is_running, read_status

    if not daemon_is_running(settings.spool):
        return no_daemon(settings)
    pauses = (read_status(settings.spool) or {}).get("pauses") or {}
    return ", ".join(f"a pause: {reason}" for reason in pauses) or None
