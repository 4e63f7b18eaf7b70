"""Up to where a destination has the answers: its place in the order of recording."""

import json
from pathlib import Path
from typing import Final

from daemon.errors import BadDataError
from storage.durable.replace import Synced, replace_file
from storage.recorded_since import Mark, as_plain, from_plain

NAME: Final = "cursor.json"


def has_cursor(folder: Path) -> bool:
    """Return whether a destination has one.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    bool
    """
    return (folder / NAME).exists()


def read_cursor(folder: Path) -> Mark:
    """Read the cursor of a destination.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    Mark

    Raises
    ------
    BadDataError
        It is none of ours.
    OSError
        It cannot be read.
    """
    try:
        return from_plain(json.loads((folder / NAME).read_bytes()))
    except (ValueError, LookupError, TypeError):
        raise BadDataError(
            f"{NAME} in a folder of the outbox is not what `inboxray send` wrote: remove it to go on with "
            "what is recorded from now on"
        ) from None


def write_cursor(folder: Path, mark: Mark) -> None:
    """Move the cursor of a destination, to stay.

    Parameters
    ----------
    folder : Path
    mark : Mark

    Raises
    ------
    OSError
        The disk refused.
    """
    replace_file(folder / NAME, json.dumps(as_plain(mark)).encode(), Synced.CONTENT_AND_NAME)
