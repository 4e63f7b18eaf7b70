"""JPEG 2000 and High-Throughput JPEG 2000, lossless and lossy.

OpenJPH is more than twice as fast as OpenJPEG for High-Throughput frames, but as imagecodecs 2026.3.6 calls
it, lossy values beyond the range wrap around (255 becomes 0), and errors are lost. So it decodes lossless
frames only, and is listened to.
"""

import contextlib
import io
import sys
from collections.abc import Iterator
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from model.advice import Advice
from model.errors import BadPixels
from model.reading.decoders.codestream import whole_stream
from model.reading.decoders.decoded_frame import (
    SIGN_CONTRADICTED,
    DecodedFrame,
    counting_bits,
    require_shape,
    require_size,
)
from model.reading.decoders.jpeg_2000_header import (
    is_exact_jpeg_2000,
    read_jpeg_2000_header,
    require_quantisation,
)
from model.reading.decoders.jpeg_header import FrameHeader
from model.reading.decoders.layout import PixelLayout

_MOST_BITS = 16


def decode_jpeg_2000(data: bytes, layout: PixelLayout) -> DecodedFrame:
    """Decode one JPEG 2000 or High-Throughput JPEG 2000 frame with OpenJPEG.

    Headers of other bits stored than the codestream's precision exist. Values are two's complement where
    Pixel Representation says so, whatever the codestream calls them.

    Parameters
    ----------
    data : bytes
    layout : PixelLayout

    Returns
    -------
    DecodedFrame

    Raises
    ------
    BadPixels
        The frame is no JPEG 2000, was cut, or its size is not the header's.

    References
    ----------
    PS3.5 8.2.4 and A.4.4; ISO/IEC 15444-1.
    """
    data = whole_stream(data)
    header = checked_header(data, layout)
    return _decoded(imagecodecs.jpeg2k_decode(data, numthreads=1), header, layout, data)


def decode_lossless_htj2k(data: bytes, layout: PixelLayout) -> DecodedFrame:
    """Decode one lossless High-Throughput JPEG 2000 frame with OpenJPH.

    Parameters
    ----------
    data : bytes
    layout : PixelLayout

    Returns
    -------
    DecodedFrame

    Raises
    ------
    BadPixels
        The frame is no JPEG 2000, was cut, or its size is not the header's.

    References
    ----------
    PS3.5 8.2.14 and A.4.4; ISO/IEC 15444-15.
    """
    data = whole_stream(data)
    header = checked_header(data, layout)
    require_quantisation(data)
    with _no_lost_errors():
        pixels = imagecodecs.htj2k_decode(data)
    return _decoded(pixels, header, layout, data)


@contextlib.contextmanager
def _no_lost_errors() -> Iterator[None]:
    """Raise what imagecodecs before 2026.10 prints and drops while pixels are copied from OpenJPH."""
    lost: list[bool] = []
    before = sys.unraisablehook
    sys.unraisablehook = lambda _: lost.append(True)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    except imagecodecs.Htj2kError:
        lost.append(True)
    finally:
        sys.unraisablehook = before
    if lost:
        raise BadPixels("a High-Throughput JPEG 2000 frame is damaged")


def checked_header(data: bytes, layout: PixelLayout) -> FrameHeader:
    """Read what a codestream says of itself, and compare it with the header of its file.

    Parameters
    ----------
    data : bytes
    layout : PixelLayout

    Returns
    -------
    FrameHeader

    Raises
    ------
    BadPixels
        They differ, or values have more bits than are read.
    """
    header = read_jpeg_2000_header(data)
    require_size(layout, header.rows, header.columns, header.samples)
    if header.precision > _MOST_BITS:
        raise BadPixels("a JPEG 2000 frame of more than 16 bits", advice=Advice.CONVERT)
    return header


def _decoded(pixels: NDArray[Any], header: FrameHeader, layout: PixelLayout, data: bytes) -> DecodedFrame:
    photometric = layout.photometric_interpretation
    if photometric in ("YBR_ICT", "YBR_RCT"):  # the decoder has undone the component transformation
        photometric = "RGB"
    pixels = require_shape(layout, pixels)
    bits, high, warnings = counting_bits(pixels, layout, header.precision, is_exact=is_exact_jpeg_2000(data))
    if header.is_signed and not layout.is_signed:
        pixels, warnings = _level_shifted(pixels, header.precision), (*warnings, SIGN_CONTRADICTED)
    return DecodedFrame(pixels, photometric, bits, high, warnings)


def _level_shifted(pixels: NDArray[Any], precision: int) -> NDArray[Any]:
    """Return unsigned values as an encoder took them that called them signed: without the DC level shift.

    References
    ----------
    ISO/IEC 15444-1 G.1 DC level shifting.
    """
    return (pixels.astype(np.int32) + (1 << (precision - 1))).astype(f"u{pixels.itemsize}")
