"""Whether three samples a pixel are RGB or YCbCr, where their label may be wrong."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

CONTRADICTED = "colour_label_contradicts"
"""A category of warnings: the pixels are RGB and the header says YCbCr, or the other way round."""

_LOOKED_AT = 128
_GREY = 0.02  # of the range: chroma this near its middle is that of a grey picture
_NEARLY_ALL = 0.98
_VARIED = 0.1
_IMPOSSIBLE = 0.2
_TOLERANCE = 0.06


def plausible_label(pixels: NDArray[Any], label: str, bits: int) -> str:
    """Say whether colour values are RGB or YCbCr by what they are, if that is beyond doubt.

    Of a grey picture, as a radiograph is, both chroma values of YCbCr lie in the middle of the range, while
    the first value varies: no RGB picture is so. And most RGB values, black among them, lie outside of what
    YCbCr values can be.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns, 3), unsigned
    label : str
        Photometric Interpretation; neither a palette nor a partial range.
    bits : int
        Bits stored.

    Returns
    -------
    str
        `RGB`, `YBR_FULL`, or the label where it may be right.

    References
    ----------
    PS3.3 C.7.6.3.1.2 (YBR_FULL); ITU-R BT.601.
    """
    step = max(1, max(pixels.shape[:2]) // _LOOKED_AT)
    first, second, third = np.moveaxis(pixels[::step, ::step].astype(np.float32) / ((1 << bits) - 1), -1, 0)
    blue, red = second - 0.5, third - 0.5
    if label == "RGB":
        is_grey = np.mean((np.abs(blue) < _GREY) & (np.abs(red) < _GREY)) >= _NEARLY_ALL
        return "YBR_FULL" if is_grey and np.ptp(first) > _VARIED else label
    if label in ("YBR_FULL", "YBR_FULL_422"):
        channels = np.stack(
            [first + 1.402 * red, first - 0.344136 * blue - 0.714136 * red, first + 1.772 * blue]
        )
        is_outside = ((channels < -_TOLERANCE) | (channels > 1 + _TOLERANCE)).any(axis=0)
        return "RGB" if is_outside.mean() > _IMPOSSIBLE else label
    return label
