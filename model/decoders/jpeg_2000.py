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
from numpy.typing import NDArray

from model.decoders.codestream import (
    FrameHeader,
    is_exact_jpeg_2000,
    read_jpeg_2000_header,
    require_end_marker,
    require_quantisation,
)
from model.decoders.decoded import Decoded, counting_bits, require_shape, require_size
from model.decoders.layout import PixelLayout
from model.errors import BadPixels

_MOST_BITS = 16


def decode_jpeg_2000(data: bytes, layout: PixelLayout) -> Decoded:
    """Decode one JPEG 2000 or High-Throughput JPEG 2000 frame with OpenJPEG.

    Headers of other bits stored than the codestream's precision exist. Values are two's complement where
    Pixel Representation says so, even if the codestream calls them unsigned.

    Raises
    ------
    BadPixels
        The frame is no JPEG 2000, was cut, or its size is not the header's.

    References
    ----------
    PS3.5 8.2.4 and A.4.4; ISO/IEC 15444-1.
    """
    header = _checked_header(data, layout)
    return _decoded(imagecodecs.jpeg2k_decode(data, numthreads=1), header, layout, data)


def decode_lossless_htj2k(data: bytes, layout: PixelLayout) -> Decoded:
    """Decode one lossless High-Throughput JPEG 2000 frame with OpenJPH.

    Raises
    ------
    BadPixels
        The frame is no JPEG 2000, was cut, or its size is not the header's.

    References
    ----------
    PS3.5 8.2.14 and A.4.4; ISO/IEC 15444-15.
    """
    header = _checked_header(data, layout)
    require_quantisation(data)
    with _no_lost_errors():
        pixels = imagecodecs.htj2k_decode(data)
    return _decoded(pixels, header, layout, data)


@contextlib.contextmanager
def _no_lost_errors() -> Iterator[None]:
    """Raise what is printed to stderr and dropped while pixels are copied from OpenJPH."""
    lost: list[bool] = []
    before = sys.unraisablehook
    sys.unraisablehook = lambda _: lost.append(True)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        sys.unraisablehook = before
    if lost:
        raise BadPixels("a High-Throughput JPEG 2000 frame is damaged; export it again")


def _checked_header(data: bytes, layout: PixelLayout) -> FrameHeader:
    header = read_jpeg_2000_header(data)
    require_end_marker(data)
    require_size(layout, header.rows, header.columns, header.samples)
    if header.precision > _MOST_BITS:
        raise BadPixels("a JPEG 2000 frame of more than 16 bits; convert it")
    return header


def _decoded(pixels: NDArray[Any], header: FrameHeader, layout: PixelLayout, data: bytes) -> Decoded:
    photometric = layout.photometric_interpretation
    if photometric in ("YBR_ICT", "YBR_RCT"):  # the decoder has undone the component transformation
        photometric = "RGB"
    bits = counting_bits(layout, header.precision, is_exact=is_exact_jpeg_2000(data))
    return Decoded(require_shape(layout, pixels), photometric, *bits)
