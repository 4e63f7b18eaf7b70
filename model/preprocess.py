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


def letterbox(rows: int, columns: int) -> Letterbox:
    """Fit a picture into the square: aspect kept, centred.

    Parameters
    ----------
    rows, columns : int
        Size of the picture in pixels, at least 1.

    Returns
    -------
    Letterbox
        Its longer side is exactly `INPUT_SIZE`.
    """
    scale = INPUT_SIZE / max(rows, columns)
    height = min(INPUT_SIZE, max(1, round(rows * scale)))
    width = min(INPUT_SIZE, max(1, round(columns * scale)))
    return Letterbox(scale, (INPUT_SIZE - height) // 2, (INPUT_SIZE - width) // 2, height, width)


def preprocess(picture: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Bring a display picture to the size of the network's input.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), uint16
        Display values, 0 black, 65535 white.

    Returns
    -------
    ndarray, shape (INPUT_SIZE, INPUT_SIZE), uint16
        Area average when the picture is larger, linear interpolation when it is smaller; 0 around it.
    """
    rows, columns = picture.shape
    box = letterbox(rows, columns)
    method = cv2.INTER_AREA if box.scale <= 1 else cv2.INTER_LINEAR
    resized = cv2.resize(picture, (box.width, box.height), interpolation=method)
    square = np.zeros((INPUT_SIZE, INPUT_SIZE), np.uint16)
    square[box.top : box.top + box.height, box.left : box.left + box.width] = resized
    return square
