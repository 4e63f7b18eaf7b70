"""What is wished of who makes objects: all answers for a destination, or those of scans once more.

A wish is an empty file, so that it can be made while a sender runs or not. Of which scans none could be made,
and why, is kept beside, in files of words.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from daemon.network.sending.outbox import Outbox
from storage.durable.replace import Synced, replace_file

_FROM_THE_BEGINNING: Final = "from-the-beginning"
_ONCE_MORE: Final = "once-more"
_UNMADE: Final = "unmade"


def wish_from_the_beginning(folder: Path) -> None:
    """Wish that a destination gets all answers that the database holds.

    Parameters
    ----------
    folder : Path
        Of the destination.

    Raises
    ------
    OSError
        The disk refused.
    """
    replace_file(folder / _FROM_THE_BEGINNING, b"", Synced.CONTENT_AND_NAME)


def wish_once_more(outbox: Outbox, scan_id: str) -> None:
    """Wish that the objects of a scan are made for each destination that has not got them.

    Parameters
    ----------
    outbox : Outbox
    scan_id : str

    Raises
    ------
    OSError
        The disk refused.
    """
    wish = outbox.root / _ONCE_MORE / scan_id
    wish.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(wish, b"", Synced.CONTENT_AND_NAME)


def unmade(outbox: Outbox) -> dict[str, str]:
    """Return why objects of scans could not be made, by scan id.

    Parameters
    ----------
    outbox : Outbox

    Returns
    -------
    dict of str to str
    """
    found = {}
    with suppress(FileNotFoundError):
        for path in sorted((outbox.root / _UNMADE).iterdir()):
            if not path.name.startswith("."):
                with suppress(FileNotFoundError):  # it was made just now, and that of the others still counts
                    found[path.name] = path.read_text()
    return found


def take_from_the_beginning(folder: Path) -> Iterator[None]:
    """Yield once if all answers are wished for a destination; the wish goes when that is done.

    Parameters
    ----------
    folder : Path
        Of the destination.

    Yields
    ------
    None
    """
    wish = folder / _FROM_THE_BEGINNING
    if wish.exists():
        yield
        wish.unlink()


def take_once_more(outbox: Outbox) -> Iterator[str]:
    """Yield the scans that are wished for once more; each wish goes when the next one is asked for.

    Parameters
    ----------
    outbox : Outbox

    Yields
    ------
    str
        The id of a scan.
    """
    wishes = outbox.root / _ONCE_MORE
    try:
        wished = sorted(path for path in wishes.iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        return
    for wish in wished:
        yield wish.name
        wish.unlink(missing_ok=True)


def note_unmade(outbox: Outbox, scan_id: str, why: str) -> None:
    """Keep in mind that no object of a scan could be made.

    Parameters
    ----------
    outbox : Outbox
    scan_id, why : str

    Raises
    ------
    OSError
        The disk refused.
    """
    note = outbox.root / _UNMADE / scan_id
    note.parent.mkdir(mode=0o700, exist_ok=True)
    replace_file(note, why.encode(), Synced.CONTENT_AND_NAME)


def forget_unmade(outbox: Outbox, scan_id: str) -> None:
    """Forget that no object of a scan could be made.

    Parameters
    ----------
    outbox : Outbox
    scan_id : str
    """
    (outbox.root / _UNMADE / scan_id).unlink(missing_ok=True)
