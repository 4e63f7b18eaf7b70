"""JPEG 2000 and High-Throughput JPEG 2000, lossless and lossy."""

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from model.decoders.codestream import FrameHeader, read_jpeg_2000_header
from model.decoders.decoded import Decoded, require_shape, require_size
from model.errors import BadPixels
from model.layout import PixelLayout

_MOST_BITS = 16


def decode_jpeg_2000(data: bytes, layout: PixelLayout) -> Decoded:
    """Decode one JPEG 2000 frame with OpenJPEG.

    The precision is the codestream's: headers of other bits stored exist. Values are two's complement where
    Pixel Representation says so, even if the codestream calls them unsigned.

    Raises
    ------
    BadPixels
        The frame is no JPEG 2000, or its size is not the header's.

    References
    ----------
    PS3.5 8.2.4 and A.4.4; ISO/IEC 15444-1.
    """
    header = _checked_header(data, layout)
    return _decoded(imagecodecs.jpeg2k_decode(data, numthreads=1), header, layout)


def decode_high_throughput_jpeg_2000(data: bytes, layout: PixelLayout) -> Decoded:
    """Decode one High-Throughput JPEG 2000 frame with OpenJPH.

    Raises
    ------
    BadPixels
        The frame is no JPEG 2000, or its size is not the header's.

    References
    ----------
    PS3.5 8.2.14 and A.4.4; ISO/IEC 15444-15.
    """
    header = _checked_header(data, layout)
    return _decoded(imagecodecs.htj2k_decode(data), header, layout)


def _checked_header(data: bytes, layout: PixelLayout) -> FrameHeader:
    header = read_jpeg_2000_header(data)
    require_size(layout, header.rows, header.columns, header.samples)
    if header.precision > _MOST_BITS:
        raise BadPixels("a JPEG 2000 frame of more than 16 bits; convert it")
    return header


def _decoded(pixels: NDArray[np.generic], header: FrameHeader, layout: PixelLayout) -> Decoded:
    photometric = layout.photometric_interpretation
    if photometric in ("YBR_ICT", "YBR_RCT"):  # the decoder has undone the component transformation
        photometric = "RGB"
    return Decoded(require_shape(layout, pixels), photometric, header.precision, header.precision - 1)
