"""From a display picture of any size to the square that the network sees."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from model.reading.network_input import INPUT_SIZE

_MANY = 6  # rows to one, from which on averaging them first pays


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
    if box.scale > 1:
        resized = cv2.resize(picture, (box.width, box.height), interpolation=cv2.INTER_LINEAR)
    elif rows < _MANY * box.height:
        resized = cv2.resize(picture, (box.width, box.height), interpolation=cv2.INTER_AREA)
    else:
        bands = _average_rows(picture, box.height)
        means = cv2.resize(bands, (box.width, box.height), interpolation=cv2.INTER_AREA)
        resized = np.clip(np.rint(means), 0, 65535).astype(np.uint16)
    square = np.zeros((size, size), np.uint16)
    square[box.top : box.top + box.height, box.left : box.left + box.width] = resized
    return square


def _average_rows(picture: NDArray[np.uint16], height: int) -> NDArray[np.float32]:
    """Average bands of rows, each by its share: what INTER_AREA does along columns, in a third of its time.

    A band is a few rows, so it stays in the processor's cache and no full-size float picture is made. Not by
    a matrix product: its library would start threads in children of which there is one a core already.

    Returns
    -------
    ndarray, shape (height, columns), float32
        Equal to what OpenCV gives but for the order of float32 sums: 1 of 65535 in one pixel of a thousand.
    """
    rows, columns = picture.shape
    edges = np.arange(height + 1) * (rows / height)
    first = np.floor(edges[:-1]).astype(np.intp)
    last = np.minimum(np.ceil(edges[1:] - 1e-6).astype(np.intp), rows)
    lines = first[:, None] + np.arange((last - first).max())
    shares = np.minimum(lines + 1, edges[1:, None]) - np.maximum(lines, edges[:-1, None])
    shares = np.clip(shares, 0, 1)
    shares = (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)
    means = np.empty((height, columns), np.float32)
    for index, (start, stop) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        band = picture[start:stop].astype(np.float32)
        np.einsum("i,ij->j", shares[index, : stop - start], band, out=means[index])
    return means
