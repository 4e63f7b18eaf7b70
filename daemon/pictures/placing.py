"""The pictures of one file from the folder where a child wrote them to their places, all or none."""

import os

from daemon.errors import InputOutputError
from daemon.spool.names import MAX_NAME_BYTES, fit_name
from daemon.spool.rename import rename_new


def place_pictures(folder: bytes, target: bytes, unique: str) -> tuple[bytes, ...]:
    """Rename the pictures of one file to their places, all or none.

    Parameters
    ----------
    folder : bytes
        Where a child wrote them.
    target : bytes
        Path of the picture without what is put behind: ``.png``, or ``-0001.png`` for each of several.
    unique : str
        Hexadecimal digits for a name that is too long.

    Returns
    -------
    tuple of bytes
        Their paths.

    Raises
    ------
    OSError
        A place is taken, or the disk refuses; none is there.
    """
    written = sorted(os.listdir(folder), key=lambda name: (len(name), name))
    endings = [b".png"] if len(written) == 1 else [b"-" + name for name in written]
    parent, name = os.path.split(target)
    fitting = fit_name(name, unique, max_bytes=MAX_NAME_BYTES - max(map(len, endings)))
    places = [os.path.join(parent, fitting + ending) for ending in endings]
    _make_folders(parent)
    moved: list[bytes] = []
    try:
        for one, place in zip(written, places, strict=True):
            rename_new(os.path.join(folder, one), place)
            moved.append(place)
    except OSError:
        for place in moved:
            os.unlink(place)
        raise
    return tuple(places)


def _make_folders(folder: bytes) -> None:
    """Make a folder and those above it; by steps, because a scan may lie deeper than calls can nest."""
    missing = []
    while folder and not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for one in reversed(missing):
        try:
            os.mkdir(one)
        except FileExistsError:
            if not os.path.isdir(one):  # else another thread has made it meanwhile
                raise


def refused(name: str) -> InputOutputError:
    """Say that DIR took no more pictures, and why, by the name of the error.

    Parameters
    ----------
    name : str

    Returns
    -------
    InputOutputError
    """
    return InputOutputError(
        f"the folder for pictures takes no more of them ({name}); what was converted before is whole. "
        "Make room or check permissions, then convert the rest"
    )
