"""One look at a file of an archive: what is away needs no answer, what may not be looked at still does."""

from typing import Final, Literal

from daemon.spool.file_state import Look, look_at

Unseen = Literal["gone", "unreadable"]

GONE: Final = "gone"
UNREADABLE: Final = "unreadable"


def seen(path: bytes) -> Look | Unseen:
    """Look at a path once.

    Parameters
    ----------
    path : bytes

    Returns
    -------
    Look, or one of GONE and UNREADABLE
        GONE: there is no regular file of that name. UNREADABLE: that cannot be known, for this user has no
        right to look, or the disk or the share fails.
    """
    try:
        look = look_at(path)
    except (FileNotFoundError, NotADirectoryError):
        return GONE
    except OSError:
        return UNREADABLE
    return GONE if look is None else look
