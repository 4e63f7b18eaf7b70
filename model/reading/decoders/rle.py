"""RLE Lossless."""

import itertools
import struct

import imagecodecs
import numpy as np

from model.errors import BadHeader, BadPixels
from model.reading.decoders.decoded import Decoded, require_shape
from model.reading.decoders.layout import PixelLayout


def decode_rle(data: bytes, layout: PixelLayout) -> Decoded:
    """Decode one RLE Lossless frame: a byte plane a segment, highest byte first, colour by colour.

    Raises
    ------
    BadHeader
        Pixels that are no whole bytes cannot be encoded so.
    BadPixels
        Segments are missing, or do not hold exactly the bytes of a frame.

    References
    ----------
    PS3.5 Annex G.
    """
    if layout.bits_allocated % 8:
        raise BadHeader("RLE Lossless has no pixels of parts of a byte")
    size = layout.bits_allocated // 8
    count = layout.samples * size
    planes = np.empty((count, layout.rows * layout.columns), np.uint8)
    for plane, segment in zip(planes, _segments(data, count), strict=True):
        # not imagecodecs.dicomrle_decode: it trusts the offsets, and a wrong one ends the process
        decoded = imagecodecs.packbits_decode(segment)
        if len(decoded) != len(plane):
            raise BadPixels("an RLE segment holds more or fewer bytes than its picture; export it again")
        plane[:] = np.frombuffer(decoded, np.uint8)
    by_sample = planes.reshape(layout.samples, size, layout.rows, layout.columns)
    values = np.ascontiguousarray(by_sample.transpose(2, 3, 0, 1)).view(f">u{size}")[..., 0]
    values = values.astype(f"u{size}")
    pixels = values[..., 0] if layout.samples == 1 else values
    photometric = layout.photometric_interpretation
    return Decoded(require_shape(layout, pixels), photometric, layout.bits_stored, layout.high_bit)


def _segments(data: bytes, count: int) -> list[bytes]:
    """Cut a frame into its segments, whose places its 64-byte header gives."""
    header = struct.unpack_from("<16L", data) if len(data) >= 64 else (0,) * 16
    ends = [*header[1 : count + 1], len(data)]
    if header[0] != count or count > 15 or ends[0] < 64 or ends != sorted(ends):
        raise BadPixels("an RLE frame has another number of segments than its header needs; export it again")
    return [data[first:last] for first, last in itertools.pairwise(ends)]
