"""JPEG XL: lossless, recompressed JPEG, and lossy."""

import imagecodecs

from model.advice import Advice
from model.errors import BadHeader, BadPixels
from model.reading.decoders.decoded_frame import DecodedFrame, require_shape
from model.reading.decoders.jpeg_xl_header import read_jpeg_xl_header
from model.reading.decoders.layout import PixelLayout

_MOST_BITS = 16


def decode_jpeg_xl(data: bytes, layout: PixelLayout) -> DecodedFrame:
    """Decode one frame; colours come as RGB, whatever they were encoded as.

    Parameters
    ----------
    data : bytes
    layout : PixelLayout

    Returns
    -------
    DecodedFrame

    Raises
    ------
    BadHeader
        Values are signed, which JPEG XL knows nothing of.
    BadPixels
        The frame is no JPEG XL, was cut, or its size is not the header's.

    References
    ----------
    PS3.5 8.2.15 and A.4.12; ISO/IEC 18181-1.
    """
    rows, columns, bits = read_jpeg_xl_header(data)
    if (rows, columns) != (layout.rows, layout.columns) or bits > _MOST_BITS:
        raise BadPixels("the encoded picture has another size than the header says", advice=Advice.EXPORT)
    if layout.is_signed:
        raise BadHeader("JPEG XL has no signed values")
    try:
        pixels = require_shape(layout, imagecodecs.jpegxl_decode(data, numthreads=1))
    except imagecodecs.JpegxlError:
        raise BadPixels("a JPEG XL frame is damaged, or was cut") from None
    photometric = "RGB" if layout.samples == 3 else layout.photometric_interpretation
    return DecodedFrame(pixels, photometric, bits, bits - 1)
