"""JPEG 2000 frames at a lower resolution, brought back to their size: a fraction of the time for the network.

A codestream holds its picture in levels of resolution, each of half the rows and columns of the next. Most of
its bytes, and so of its time, are the finest of them, which the network's input does not show.
"""

import io
from collections.abc import Iterator
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile

from model.reading.decoders.codestream import whole_stream
from model.reading.decoders.decoded_frame import DecodedFrame, counting_bits
from model.reading.decoders.jpeg_2000 import checked_header, decode_jpeg_2000
from model.reading.decoders.jpeg_2000_header import has_origin_elsewhere, is_exact_jpeg_2000
from model.reading.decoders.jpeg_header import FrameHeader
from model.reading.decoders.layout import PixelLayout
from model.reading.network_input import REDUCED

_MOST_LEVELS: Final = 2
"""That are left out; a third would save little more."""
_EXACT_BITS: Final = 8
"""Of so many bits, or values that need no more, a lower level is rounded too coarsely for the network."""
_LONGEST_SIDE: Final = 32_766  # of what cv2.warpAffine makes
_SHARPENED: Final = {1: 0.12, 2: 0.15}
"""By levels left out: what the 9/7 filter and the interpolation take of the finest detail that is left."""


def decode_reduced_jpeg_2000(data: bytes, layout: PixelLayout, *, least_side: int) -> DecodedFrame:
    """Decode one grey JPEG 2000 frame without its finest levels of resolution, and enlarge it to its size.

    A frame is decoded in full that is not grey and unsigned, has 8 bits or fewer, or may have values above
    Bits Stored, which would mix with the picture; so is one that has no lower level, or lies elsewhere on
    its grid.

    Parameters
    ----------
    data : bytes
    layout : PixelLayout
    least_side : int
        Pixels that the longer side keeps.

    Returns
    -------
    DecodedFrame
        Of all rows and columns; `REDUCED` is among its warnings if levels were left out.

    Raises
    ------
    BadPixels
        As `decode_jpeg_2000`.

    References
    ----------
    ISO/IEC 15444-1 Annex F: samples of the low band are those of the even pixels, and what is left out of the
    5/3 filter's high band makes the odd ones the mean of their neighbours.
    """
    data = whole_stream(data)
    header = checked_header(data, layout)
    is_exact = is_exact_jpeg_2000(data)
    if has_origin_elsewhere(data) or (is_exact and header.precision > layout.bits_stored):
        return decode_jpeg_2000(data, layout)
    for levels in _levels_to_leave(header, layout, least_side):
        values = _at_lower_resolution(data, header, layout, levels)
        if values is None:
            continue
        if not int(values.max()) - int(values.min()) >> _EXACT_BITS:
            break
        if not is_exact:
            values = _sharpened(values, _SHARPENED[levels], header.precision)
        pixels = _enlarged(values, levels, layout)
        bits, high, warnings = counting_bits(pixels, layout, header.precision, is_exact=is_exact)
        return DecodedFrame(pixels, layout.photometric_interpretation, bits, high, (*warnings, REDUCED))
    return decode_jpeg_2000(data, layout)


def _levels_to_leave(header: FrameHeader, layout: PixelLayout, least_side: int) -> Iterator[int]:
    """Say how many levels may be left out, the most first; none where means of values mean nothing."""
    longer = max(layout.rows, layout.columns)
    if (
        layout.photometric_interpretation not in ("MONOCHROME1", "MONOCHROME2")
        or header.samples != 1
        or layout.is_signed
        or header.is_signed
        or min(header.precision, layout.bits_stored) <= _EXACT_BITS
        or layout.high_bit != layout.bits_stored - 1
        or longer > _LONGEST_SIDE
    ):
        return
    yield from (levels for levels in range(_MOST_LEVELS, 0, -1) if longer >> levels >= least_side)


def _at_lower_resolution(
    data: bytes, header: FrameHeader, layout: PixelLayout, levels: int
) -> NDArray[Any] | None:
    """Decode without the finest levels; None if that cannot be done."""
    step = 1 << levels
    try:
        # not by Image.open: it has a limit of its own, warns from half of it on, and imports all formats
        picture = Jpeg2KImageFile(io.BytesIO(data))
        # Pillow rounds the size of a level, OpenJPEG rounds up: of a multiple of the step both say the same.
        picture._size = tuple(-(-side // step) * step for side in picture.size)  # type: ignore[assignment]  # noqa: SLF001
        picture.reduce = levels  # Pillow's way to ask for a level
        picture.load()
    except (AssertionError, OSError, SyntaxError, ValueError):  # what Pillow's parser raises
        return None
    values = np.asarray(picture)
    if values.shape != (-(-layout.rows // step), -(-layout.columns // step)) or values.dtype != np.uint16:
        return None
    return np.asarray(values >> (16 - header.precision))  # Pillow fills the high bits


def _sharpened(values: NDArray[Any], share: float, precision: int) -> NDArray[Any]:
    kernel = np.array([-share, 1 + 2 * share, -share])
    sharp = cv2.sepFilter2D(values.astype(np.float32), -1, kernel, kernel, borderType=cv2.BORDER_REPLICATE)
    return np.rint(np.clip(sharp, 0, (1 << precision) - 1)).astype(np.uint16)


def _enlarged(values: NDArray[Any], levels: int, layout: PixelLayout) -> NDArray[Any]:
    """Lay values on each second, or fourth, pixel, and interpolate between them."""
    scale = 0.5**levels
    back = np.array([[scale, 0, 0], [0, scale, 0]])
    return np.asarray(
        cv2.warpAffine(
            values,
            back,
            (layout.columns, layout.rows),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
    )
