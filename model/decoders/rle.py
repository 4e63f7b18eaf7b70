"""RLE Lossless."""

import struct

import imagecodecs
import numpy as np

from model.decoders.decoded import Decoded, require_shape
from model.errors import BadHeader, BadPixels
from model.layout import PixelLayout


def decode_rle(data: bytes, layout: PixelLayout) -> Decoded:
    """Decode one RLE Lossless frame: a byte plane a segment, highest byte first, colour by colour.

    Raises
    ------
    BadHeader
        Pixels of one bit cannot be encoded so.
    BadPixels
        Segments are missing, or do not hold exactly the bytes of a frame.

    References
    ----------
    PS3.5 Annex G.
    """
    if layout.bits_allocated == 1:
        raise BadHeader("RLE Lossless has no pixels of one bit")
    size = layout.bits_allocated // 8
    segments = layout.samples * size
    if len(data) < 64 or struct.unpack_from("<L", data)[0] != segments:
        raise BadPixels("an RLE frame has another number of segments than its header needs; export it again")
    decoded = imagecodecs.dicomrle_decode(data, f"<u{size}")
    if len(decoded) != layout.rows * layout.columns * segments:
        raise BadPixels("an RLE frame holds more or fewer bytes than its picture; export it again")
    planes = np.frombuffer(decoded, f"<u{size}").reshape(layout.samples, layout.rows, layout.columns)
    pixels = planes[0] if layout.samples == 1 else planes.transpose(1, 2, 0)
    photometric = layout.photometric_interpretation
    return Decoded(require_shape(layout, pixels), photometric, layout.bits_stored, layout.high_bit)
