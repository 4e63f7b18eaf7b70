"""RLE Lossless."""

import itertools
import struct

import imagecodecs
import numpy as np

from model.errors import BadHeader, BadPixels
from model.reading.decoders.decoded_frame import DecodedFrame, counting_bits, require_shape
from model.reading.decoders.layout import PixelLayout

SURPLUS = "rle_surplus"
"""A category of warnings: a segment holds a little more than the picture; the rest was left out."""

_PADDING = 64  # bytes of a segment behind its picture, or a row


def decode_rle(data: bytes, layout: PixelLayout) -> DecodedFrame:
    """Decode one RLE Lossless frame: a byte plane a segment, highest byte first, colour by colour.

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
        Pixels that are no whole bytes cannot be encoded so.
    BadPixels
        Segments are missing, or hold fewer bytes than a frame, or many more.

    References
    ----------
    PS3.5 Annex G.
    """
    if layout.bits_allocated % 8:
        raise BadHeader("RLE Lossless has no pixels of parts of a byte")
    size = layout.bits_allocated // 8
    count = layout.samples * size
    warnings: tuple[str, ...] = ()
    planes = np.empty((count, layout.rows * layout.columns), np.uint8)
    for plane, segment in zip(planes, _segments(data, count), strict=True):
        # not imagecodecs.dicomrle_decode: it trusts the offsets, and a wrong one ends the process
        decoded = imagecodecs.packbits_decode(segment)
        surplus = len(decoded) - len(plane)
        if not 0 <= surplus <= max(_PADDING, layout.columns):
            which = "more" if surplus > 0 else "fewer"
            raise BadPixels(f"an RLE segment holds {which} bytes than its picture")
        if surplus > 0:
            warnings = (SURPLUS,)
        plane[:] = np.frombuffer(decoded, np.uint8, len(plane))
    by_sample = planes.reshape(layout.samples, size, layout.rows, layout.columns)
    values = np.ascontiguousarray(by_sample.transpose(2, 3, 0, 1)).view(f">u{size}")[..., 0]
    values = values.astype(f"u{size}")
    pixels = values[..., 0] if layout.samples == 1 else values
    pixels = require_shape(layout, pixels)
    counting = counting_bits(pixels, layout, layout.bits_allocated)
    warnings = (*counting.warnings, *warnings)
    return DecodedFrame(pixels, layout.photometric_interpretation, *counting._replace(warnings=warnings))


def _segments(data: bytes, count: int) -> list[bytes]:
    """Cut a frame into its segments, whose places its 64-byte header gives."""
    header = struct.unpack_from("<16L", data) if len(data) >= 64 else (0,) * 16
    ends = [*header[1 : count + 1], len(data)]
    if header[0] != count or count > 15 or ends[0] < 64 or ends != sorted(ends):
        raise BadPixels("an RLE frame has another number of segments than its header needs")
    return [data[first:last] for first, last in itertools.pairwise(ends)]
