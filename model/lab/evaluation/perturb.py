"""Pictures made worse or turned, as they come in practice; what shows bone should be called the same.

Everything is done to the picture at full size, where a viewer would do it, before it is brought to the
network's size; only the padding is a matter of the network's square.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from model.reading.network_input import INPUT_SIZE
from model.reading.preprocess import letterbox, preprocess

Picture = NDArray[np.uint16]
Perturbation = Callable[[Picture, np.random.Generator], Picture]
"""From a display picture (rows, columns) and a source of noise to the network's input (size, size)."""

AS_IT_IS = "as it is"

_CORNER = 0.2  # of the shorter side: where side markers and burnt-in text stand
_BORDER = 0.1
_QUALITY = 60
_GREY = 32768


def perturbations(size: int = INPUT_SIZE) -> dict[str, Perturbation]:
    """Return the changes to pictures, by name; the first leaves them as they are.

    Parameters
    ----------
    size : int
        Rows and columns of the network's pictures.

    Returns
    -------
    dict of str to Perturbation
    """

    def shown(change: Callable[[Picture], Picture]) -> Perturbation:
        return lambda picture, _: preprocess(np.ascontiguousarray(change(picture)), size)

    return {
        AS_IT_IS: shown(lambda picture: picture),
        "corners masked": shown(mask_corners),
        "borders cropped": shown(crop_borders),
        "padding grey": lambda picture, _: fill_padding(picture, lambda box: np.full_like(box, _GREY), size),
        "padding reflected": lambda picture, _: reflect_padding(picture, size),
        "padding noise": lambda picture, rng: fill_padding(
            picture, lambda box: rng.integers(0, 65536, box.shape, dtype=np.uint16), size
        ),
        "JPEG 60": shown(lambda picture: compress(picture, _QUALITY)),
        "rotated 90": shown(np.rot90),
        "rotated 270": shown(lambda picture: np.rot90(picture, 3)),
        "upside down": shown(lambda picture: np.rot90(picture, 2)),
        "wrong polarity": shown(lambda picture: 65535 - picture),
    }


def mask_corners(picture: Picture) -> Picture:
    """Black out a square in each corner, a fifth of the shorter side wide.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), uint16

    Returns
    -------
    ndarray, shape (rows, columns), uint16
    """
    side = max(1, round(min(picture.shape) * _CORNER))
    masked = picture.copy()
    for rows in (slice(None, side), slice(-side, None)):
        for columns in (slice(None, side), slice(-side, None)):
            masked[rows, columns] = 0
    return masked


def crop_borders(picture: Picture) -> Picture:
    """Take a tenth off each border; what is left is no copy.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), uint16

    Returns
    -------
    ndarray, shape (rows, columns), uint16
    """
    rows, columns = (round(size * _BORDER) for size in picture.shape)
    return np.ascontiguousarray(picture[rows : picture.shape[0] - rows, columns : picture.shape[1] - columns])


def fill_padding(picture: Picture, fill: Callable[[Picture], Picture], size: int = INPUT_SIZE) -> Picture:
    """Bring a picture to the network's size with something else than black around it.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), uint16
    fill : callable
        Gives a square of the shape of the one it is handed.
    size : int
        Rows and columns of the network's pictures.

    Returns
    -------
    ndarray, shape (size, size), uint16
    """
    square = preprocess(picture, size)
    rows, columns = picture.shape
    box = letterbox(rows, columns, size)
    inside = (slice(box.top, box.top + box.height), slice(box.left, box.left + box.width))
    filled = fill(square)
    filled[inside] = square[inside]
    return filled


def reflect_padding(picture: Picture, size: int = INPUT_SIZE) -> Picture:
    """Bring a picture to the network's size with its own mirror image around it.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), uint16
    size : int
        Rows and columns of the network's pictures.

    Returns
    -------
    ndarray, shape (size, size), uint16
    """
    square = preprocess(picture, size)
    rows, columns = picture.shape
    box = letterbox(rows, columns, size)
    inside = square[box.top : box.top + box.height, box.left : box.left + box.width]
    around = (
        (box.top, square.shape[0] - box.top - box.height),
        (box.left, square.shape[1] - box.left - box.width),
    )
    return np.pad(inside, around, mode="symmetric")


def compress(picture: Picture, quality: int) -> Picture:
    """Store a picture as an 8-bit JPEG of a quality from 1 to 100, and read it again.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), uint16
    quality : int

    Returns
    -------
    ndarray, shape (rows, columns), uint16
    """
    eight_bits = (picture >> 8).astype(np.uint8)
    _, stored = cv2.imencode(".jpg", eight_bits, [cv2.IMWRITE_JPEG_QUALITY, quality])
    read = np.asarray(cv2.imdecode(stored, cv2.IMREAD_GRAYSCALE))
    return read.astype(np.uint16) * np.uint16(257)
