"""Programs of others that judge what a viewer gets: validators, readers of reports, and one that shows.

References
----------
dciodvfy(1) and dcentvfy(1) of dicom3tools; dsrdump(1), dcmpschk(1) and dcmp2pgm(1) of DCMTK.
"""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

GOOD: Final = "good"
NOT_INSTALLED: Final = "not installed"
NOT_ASKED: Final = "-"
"""There is nothing of this kind to be judged."""
_LONGEST_S: Final = 60.0
_READERS: Final = {"sr": ("dsrdump",), "gsps": ("dcmpschk",)}
_MOST_GREYS: Final = 2
_PGM: Final = re.compile(rb"P5\s+(\d+)\s+(\d+)\s+255\s", re.DOTALL)


def validity(file: Path) -> str:
    """Have an object compared with what the standard wants of its kind.

    Parameters
    ----------
    file : Path

    Returns
    -------
    str
        `GOOD`, how many errors there are, or `NOT_INSTALLED`.
    """
    return _errors(["dciodvfy", "-new", str(file)])


def consistency(files: Sequence[Path]) -> str:
    """Have the objects of a study compared: the same patient and study everywhere.

    Parameters
    ----------
    files : sequence of Path

    Returns
    -------
    str
        As `validity`.
    """
    return _errors(["dcentvfy", *map(str, files)])


def readability(kind: str, file: Path) -> str:
    """Have an object read by a program for its kind.

    Parameters
    ----------
    kind : str
    file : Path

    Returns
    -------
    str
        `GOOD`, ``refused``, `NOT_INSTALLED`, or `NOT_ASKED`.
    """
    if kind not in _READERS:
        return NOT_ASKED
    ended = _run([*_READERS[kind], str(file)])
    if ended is None:
        return NOT_INSTALLED
    is_read = ended.returncode == 0 and not re.search(rb"^[EF]: ", ended.stderr, re.MULTILINE)
    if kind == "gsps":  # dcmpschk exits with 0 whatever it finds
        is_read = is_read and b"Test passed" in ended.stderr
    return GOOD if is_read else "refused"


def shown_by_state(state: Path, image: Path, work: Path) -> "NDArray[np.uint8] | str | None":
    """Have an image shown as a presentation state wants it.

    Parameters
    ----------
    state, image : Path
    work : Path
        A folder.

    Returns
    -------
    ndarray, shape (rows, columns), uint8, or str or None
        None if the program does not read the image, `NOT_INSTALLED` if it is not there.
    """
    picture = work / "shown.pgm"
    picture.unlink(missing_ok=True)
    ended = _run(["dcmp2pgm", "-p", str(state), str(image), str(picture)])
    if ended is None:
        return NOT_INSTALLED
    content = picture.read_bytes() if picture.exists() else b""
    head = _PGM.match(content)
    if ended.returncode != 0 or head is None:
        return None
    rows, columns = int(head[2]), int(head[1])
    return np.frombuffer(content, np.uint8, rows * columns, head.end()).reshape(rows, columns)


def likeness(shown: "NDArray[np.uint8]", meant: "NDArray[np.uint8]") -> str:
    """Say how a picture that is shown differs from the one that is meant.

    Parameters
    ----------
    shown, meant : ndarray, shape (rows, columns), uint8

    Returns
    -------
    str
        `GOOD` within two grey levels; else by how many, in how many pixels; or that it is negative.
    """
    if shown.shape != meant.shape:
        return "of another size"
    apart = np.abs(shown.astype(np.int16) - meant.astype(np.int16))
    if apart.max() <= _MOST_GREYS:
        return GOOD
    if np.abs(255 - shown.astype(np.int16) - meant.astype(np.int16)).mean() < apart.mean():
        return "negative"
    return f"{np.count_nonzero(apart > _MOST_GREYS)} pixels by up to {apart.max()}"


def _errors(command: list[str]) -> str:
    ended = _run(command)
    if ended is None:
        return NOT_INSTALLED
    lines = (ended.stdout + b"\n" + ended.stderr).splitlines()
    count = sum(line.startswith(b"Error") for line in lines)
    if not count:
        return GOOD if ended.returncode == 0 or lines else "refused"
    return f"{count} error{'s' * (count != 1)}"


def _run(command: list[str]) -> "subprocess.CompletedProcess[bytes] | None":
    """Run a program; None if it is not installed."""
    if shutil.which(command[0]) is None:
        return None
    try:
        return subprocess.run(command, capture_output=True, timeout=_LONGEST_S, check=False)  # noqa: S603 -- our own words
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, -1, b"", b"")
