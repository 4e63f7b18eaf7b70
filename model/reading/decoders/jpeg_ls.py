"""JPEG-LS, lossless and near-lossless."""

import imagecodecs

from model.reading.decoders.codestream import whole_stream
from model.reading.decoders.decoded_frame import DecodedFrame, counting_bits, require_shape, require_size
from model.reading.decoders.jpeg_header import another_process, is_exact_jpeg_ls, read_jpeg_header
from model.reading.decoders.layout import PixelLayout


def decode_jpeg_ls(data: bytes, layout: PixelLayout) -> DecodedFrame:
    """Decode one frame of up to 16 bits, whatever its interleave mode.

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
        The frame is no JPEG-LS, was cut, or its size is not the header's.

    References
    ----------
    PS3.5 8.2.3 and A.4.3; ISO/IEC 14495-1.
    """
    header = read_jpeg_header(data)
    data = whole_stream(data)
    require_size(layout, header.rows, header.columns, header.samples)
    if header.marker != 0xF7:
        raise another_process(data, "JPEG-LS")
    pixels = require_shape(layout, imagecodecs.jpegls_decode(data))
    counting = counting_bits(pixels, layout, header.precision, is_exact=is_exact_jpeg_ls(data))
    return DecodedFrame(pixels, layout.photometric_interpretation, *counting)
