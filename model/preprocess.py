"""From a display picture of any size to the square that the network sees."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

INPUT_SIZE = 224
"""Rows and columns of the network's input."""


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Where a picture lies within the network's square input.

    Attributes
    ----------
    scale : float
        Input pixels a picture pixel.
    top, left : int
        First row and column of the picture within the input, in input pixels.
    height, width : int
        Size of the picture within the input, in input pixels, at least 1.
    """

    scale: float
    top: int
    left: int
    height: int
    width: int


def letterbox(rows: int, columns: int, size: int = INPUT_SIZE) -> Letterbox:
    """Fit a picture into the square: aspect kept, centred.

    Parameters
    ----------
    rows, columns : int
        Size of the picture in pixels, at least 1.
    size : int
        Rows and columns of the square.

    Returns
    -------
    Letterbox
        Its longer side is exactly `size`.
    """
    scale = size / max(rows, columns)
    height = min(size, max(1, round(rows * scale)))
    width = min(size, max(1, round(columns * scale)))
    return Letterbox(scale, (size - height) // 2, (size - width) // 2, height, width)


def preprocess(picture: NDArray[np.uint16], size: int = INPUT_SIZE) -> NDArray[np.uint16]:
    """Bring a display picture to the size of the network's input, or of another square.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), uint16
        Display values, 0 black, 65535 white.
    size : int
        Rows and columns of the square.

    Returns
    -------
    ndarray, shape (size, size), uint16
        Area average when the picture is larger, linear interpolation when it is smaller; 0 around it.
    """
    rows, columns = picture.shape
    box = letterbox(rows, columns, size)
    method = cv2.INTER_AREA if box.scale <= 1 else cv2.INTER_LINEAR
    resized = cv2.resize(picture, (box.width, box.height), interpolation=method)
    square = np.zeros((size, size), np.uint16)
    square[box.top : box.top + box.height, box.left : box.left + box.width] = resized
    return square
