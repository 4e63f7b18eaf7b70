"""What a peer makes of a file beside what we make of it: the stored values, or the grey of its colours."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from model.errors import ScanError
from model.reading.decode import Frame, Limits, open_scan
from model.reading.normalise import normalise
from tests.peers.web_viewers import PeerFrame, PeerRefused, ask
from tests.support.peers import significant

Verdict = Literal["same", "differs", "not read", "both refuse", "we refuse"]
LUMA = (0.299, 0.587, 0.114)
OF_ROUNDING = 2  # greys of 255 by which two ways from colours to grey part


@dataclass(frozen=True, slots=True)
class Compared:
    """How a peer and we agree about a file.

    Parameters
    ----------
    verdict : str
    pixels : int
        Of the first and the last frame, that differ.
    largest : int
        Difference between two values of a pixel.
    shapes : bool
        True if the pictures are not of one shape.
    """

    verdict: Verdict
    pixels: int = 0
    largest: int = 0
    shapes: bool = False


def compare(peer: str, path: Path, installed: Path, folder: Path) -> Compared:
    """Decode a file by both, and compare the first and the last frame.

    Parameters
    ----------
    peer : str
    path, installed, folder : Path
        As in `tests.peers.web_viewers.ask`.

    Returns
    -------
    Compared
    """
    ours: list[Frame] | None
    try:
        ours = list(open_scan(path.read_bytes(), Limits()).frames())
    except ScanError:
        ours = None
    try:
        theirs = ask(peer, path, installed, folder)
    except PeerRefused:
        return Compared("both refuse" if ours is None else "not read")
    if ours is None:
        return Compared("we refuse")
    found = [_differences(ours[one.frame], one) for one in theirs]
    if any(difference is None for difference in found):
        return Compared("differs", shapes=True)
    apart = [difference for difference in found if difference is not None]
    pixels, largest = sum(int((one > 0).sum()) for one in apart), max(int(one.max()) for one in apart)
    return Compared("differs" if pixels else "same", pixels, largest)


def _differences(ours: Frame, theirs: PeerFrame) -> NDArray[np.int64] | None:
    """Return by how much each pixel differs; None if the two have no common shape."""
    if theirs.kind == "rgb":
        grey = np.rint(normalise(ours, set()) / 257).astype(np.int64)
        other = theirs.values @ LUMA if theirs.values.ndim == 3 else theirs.values.astype(float)
        if grey.shape != other.shape:
            return None
        apart = np.abs(grey - np.rint(other).astype(np.int64))
        return np.where(apart > OF_ROUNDING, apart, 0)
    display = ours.display
    mine = ours.stored.astype(np.int64)
    if mine.shape != theirs.values.shape:
        return None
    rule = (display.bits_stored, display.high_bit, int(display.is_signed))
    apart = np.abs(significant(mine, *rule) - significant(theirs.values, *rule))
    return apart if apart.ndim == 2 else apart.max(axis=2)
