"""Writing a display picture to a PNG or JPEG file."""

from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

JPEG_QUALITY = 95


def to_8_bit(picture: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Round display values to 8 bits, so that times 257 is the nearest way back.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), uint16
        0 black, 65535 white.

    Returns
    -------
    ndarray, shape (rows, columns), uint8
    """
    return ((picture.astype(np.uint32) + 128) // 257).astype(np.uint8)


def write_png(picture: NDArray[np.uint16], path: Path | BinaryIO, bits: Literal[8, 16] = 16) -> None:
    """Write a display picture as a grey PNG; with 16 bits nothing is lost.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), uint16
        0 black, 65535 white.
    path : Path or binary file
        The file; replaced if it is there.
    bits : {8, 16}
        Bits a value.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    values = picture if bits == 16 else to_8_bit(picture)
    Image.fromarray(values).save(path, format="PNG")


def write_jpeg(picture: NDArray[np.uint16], path: Path, quality: int = JPEG_QUALITY) -> None:
    """Write a display picture as a grey JPEG of 8 bits.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), uint16
        0 black, 65535 white.
    path : Path
        The file; replaced if it is there.
    quality : int
        1 to 95, as libjpeg counts.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    Image.fromarray(to_8_bit(picture)).save(path, format="JPEG", quality=quality)
