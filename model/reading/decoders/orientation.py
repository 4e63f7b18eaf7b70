"""EXIF orientation: how a camera was held, and the picture turned upright by it."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_Pixels = TypeVar("_Pixels", bound=np.generic)
_ORIENTATION = 0x0112


def exif_orientation(exif: bytes) -> int:
    """Read the orientation out of an EXIF block.

    Parameters
    ----------
    exif : bytes
        A TIFF header and its directories; may be empty, or anything.

    Returns
    -------
    int
        1 to 8; 1, upright, if there is none, or the block is malformed.

    References
    ----------
    CIPA DC-008 (Exif) 4.6.4 A, Orientation.
    """
    try:
        block = Image.Exif()
        block.load(exif)
        orientation = block.get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001  # a malformed EXIF block is no reason to refuse a sound picture
        return 1
    return orientation if orientation in range(1, 9) else 1


def upright(pixels: NDArray[_Pixels], orientation: int) -> NDArray[_Pixels]:
    """Turn and mirror a picture.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns) or (rows, columns, 3)
    orientation : int
        1 to 8: where the first row and the first column of `pixels` belong.

    Returns
    -------
    ndarray
        The same values; rows and columns change places from 5 on.
    """
    if orientation in (3, 4, 6, 7):  # the first row belongs at the bottom, or at the right
        pixels = pixels[::-1]
    if orientation in (2, 3, 7, 8):  # the first column belongs at the right, or at the bottom
        pixels = pixels[:, ::-1]
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    return np.ascontiguousarray(pixels)
