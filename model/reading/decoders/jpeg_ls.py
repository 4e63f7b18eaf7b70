"""JPEG-LS, lossless and near-lossless."""

import imagecodecs

from model.errors import BadPixels
from model.reading.decoders.codestream import is_exact_jpeg_ls, read_jpeg_header, require_end_marker
from model.reading.decoders.decoded import Decoded, counting_bits, require_shape, require_size
from model.reading.decoders.layout import PixelLayout


def decode_jpeg_ls(data: bytes, layout: PixelLayout) -> Decoded:
    """Decode one frame of up to 16 bits, whatever its interleave mode.

    Raises
    ------
    BadPixels
        The frame is no JPEG-LS, was cut, or its size is not the header's.

    References
    ----------
    PS3.5 8.2.3 and A.4.3; ISO/IEC 14495-1.
    """
    header = read_jpeg_header(data)
    require_end_marker(data)
    require_size(layout, header.rows, header.columns, header.samples)
    if header.marker != 0xF7:
        raise BadPixels("an encoded frame is no JPEG-LS; export it again")
    pixels = require_shape(layout, imagecodecs.jpegls_decode(data))
    bits = counting_bits(layout, header.precision, is_exact=is_exact_jpeg_ls(data))
    return Decoded(pixels, layout.photometric_interpretation, *bits)
