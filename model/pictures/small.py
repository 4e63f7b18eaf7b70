"""A picture small: a preview that fills a screen, and a thumbnail for a list; both grey JPEG.

They are made from pixels that were decoded for something else, so what they cost counts. Averages of four
pixels, and a linear step of less than two for the rest, take a fifth of the time of OpenCV's average over any
area, and differ from it by less than one grey of 256 (`python -m tests.measure.previews`).
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

PREVIEW_SIDE: Final = 1024
"""Pixels of the longer side of a preview; a smaller picture keeps its size."""
THUMBNAIL_SIDE: Final = 256
"""The same of a thumbnail."""
QUALITY: Final = 85
"""Of the JPEG, 1 to 100 as libjpeg counts."""

_AS_8_BIT: Final = 1 / 257

Grey8 = NDArray[np.uint8]


def small_pictures(picture: NDArray[np.uint16]) -> tuple[bytes, bytes] | None:
    """Make the preview and the thumbnail of a display picture.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), uint16
        0 black, 65535 white; at least one pixel.

    Returns
    -------
    tuple of (bytes, bytes), or None
        Each a JPEG, grey, 8 bits: `PREVIEW_SIDE` and `THUMBNAIL_SIDE` pixels on the longer side, or fewer; of
        a picture that is no larger than a thumbnail the same twice.
        None if they cannot be made, as for want of memory: nothing hangs on them.
    """
    try:
        preview = shrink(picture, PREVIEW_SIDE)
        encoded = encode_jpeg(preview)
        if max(preview.shape) <= THUMBNAIL_SIDE:
            return encoded, encoded
        return encoded, encode_jpeg(shrink(preview, THUMBNAIL_SIDE))
    except (MemoryError, cv2.error):
        return None


def shrink(picture: NDArray[np.uint16] | Grey8, side: int) -> Grey8:
    """Bring a picture to a size and to 8 bits; it is never enlarged.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), uint16 or uint8
        Over the whole range of its type.
    side : int
        Pixels of the longer side.

    Returns
    -------
    ndarray, shape (rows, columns), uint8
    """
    rows, columns = _size(picture.shape[0], picture.shape[1], side)
    while max(picture.shape) >= 2 * side and min(picture.shape) >= 2:
        height, width = picture.shape[0] // 2, picture.shape[1] // 2
        even = picture[: 2 * height, : 2 * width]
        picture = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    grey = picture if picture.dtype == np.uint8 else cv2.convertScaleAbs(picture, alpha=_AS_8_BIT)
    if grey.shape != (rows, columns):
        grey = cv2.resize(grey, (columns, rows), interpolation=cv2.INTER_LINEAR)
    return np.asarray(grey, np.uint8).reshape(rows, columns)


def encode_jpeg(picture: Grey8) -> bytes:
    """Encode a grey picture as JPEG.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), uint8

    Returns
    -------
    bytes
    """
    _, encoded = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))
    return encoded.tobytes()


def _size(rows: int, columns: int, side: int) -> tuple[int, int]:
    scale = min(1.0, side / max(rows, columns))
    return max(1, round(rows * scale)), max(1, round(columns * scale))
