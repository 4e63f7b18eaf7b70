"""Pixels that are not square, and what a display shutter covers."""

import cv2
import numpy as np
from numpy.typing import NDArray

from model.reading.display import Shutter

NOT_SQUARE = "pixels_not_square"
"""A category of warnings: the picture was stretched in one direction, to its true aspect."""

_SAME = 0.01
_MOST_PIXELS = 100_000_000


def has_square_pixels(aspect: float) -> bool:
    """Whether pixels of a height over width are square, but for rounding.

    Parameters
    ----------
    aspect : float

    Returns
    -------
    bool
    """
    return abs(aspect - 1) < _SAME


def at_true_aspect(picture: NDArray[np.uint16], aspect: float) -> NDArray[np.uint16]:
    """Stretch a picture along the direction in which its pixels are long.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), uint16
    aspect : float
        Height of a pixel over its width; above 0.

    Returns
    -------
    ndarray, shape (rows', columns'), uint16
        Linear interpolation; reduced along the other direction instead where it would be beyond reason large.
    """
    rows, columns = picture.shape
    if has_square_pixels(aspect):
        return picture
    grows = rows * columns * max(aspect, 1 / aspect) <= _MOST_PIXELS
    if (aspect > 1) == grows:
        rows = max(1, round(rows * aspect))
    else:
        columns = max(1, round(columns / aspect))
    way = cv2.INTER_LINEAR if grows else cv2.INTER_AREA
    return np.asarray(cv2.resize(picture, (columns, rows), interpolation=way), np.uint16)


def cover(picture: NDArray[np.uint16], shutter: Shutter) -> NDArray[np.uint16]:
    """Make black what a shutter hides.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), uint16
        Of the shutter's size, or reduced.
    shutter : Shutter

    Returns
    -------
    ndarray, shape (rows, columns), uint16

    References
    ----------
    PS3.3 C.7.6.11.
    """
    down, across = (len_ / full for len_, full in zip(picture.shape, shutter.size, strict=True))
    is_seen = np.ones(picture.shape, np.bool_)
    row = np.arange(picture.shape[0])[:, None] / down
    column = np.arange(picture.shape[1])[None, :] / across
    if shutter.rectangle is not None:
        top, bottom, left, right = shutter.rectangle
        is_seen &= (row >= top) & (row <= bottom) & (column >= left) & (column <= right)
    if shutter.circle is not None:
        middle_row, middle_column, radius = shutter.circle
        is_seen &= (row - middle_row) ** 2 + (column - middle_column) ** 2 <= radius**2
    if shutter.polygon:
        corners = np.rint([(c * across, r * down) for r, c in shutter.polygon]).astype(np.int32)
        inside = np.zeros(picture.shape, np.uint8)
        cv2.fillPoly(inside, [corners], 1)
        is_seen &= inside > 0
    return np.where(is_seen, picture, np.uint16(0))
