"""JPEG Lossless, processes 14 and 14 with selection value 1.

libjpeg-turbo decodes grey frames in less than half of jpegsof3's time; of three samples it would make other
colours. jpegsof3 leaves out the point transform.
"""

from typing import Any

import imagecodecs
from numpy.typing import NDArray

from model.reading.decoders.codestream import whole_stream
from model.reading.decoders.decoded_frame import DecodedFrame, counting_bits, require_shape, require_size
from model.reading.decoders.jpeg_header import another_process, point_transform, read_jpeg_header
from model.reading.decoders.layout import PixelLayout


def decode_jpeg_lossless(data: bytes, layout: PixelLayout) -> DecodedFrame:
    """Decode one frame of up to 16 bits.

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
        The frame is no lossless JPEG, was cut, or its size is not the header's.

    References
    ----------
    PS3.5 8.2.1 and A.4.1; ISO/IEC 10918-1 H.
    """
    header = read_jpeg_header(data)
    data = whole_stream(data)
    require_size(layout, header.rows, header.columns, header.samples)
    if header.marker != 0xC3:
        raise another_process(data, "lossless JPEG")
    pixels = require_shape(layout, decode_pixels(data, header.samples))
    counting = counting_bits(pixels, layout, header.precision, is_exact=True)
    return DecodedFrame(pixels, layout.photometric_interpretation, *counting)


def decode_pixels(data: bytes, samples: int) -> NDArray[Any]:
    """Decode a lossless JPEG whose header was checked; shape (rows, columns) or (rows, columns, samples).

    Parameters
    ----------
    data : bytes
    samples : int

    Returns
    -------
    ndarray, Any
    """
    if samples == 1:
        return imagecodecs.jpeg8_decode(data)
    return imagecodecs.jpegsof3_decode(data) << point_transform(data)
