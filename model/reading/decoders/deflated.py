"""Deflated Image Frame Compression: native frames, deflated one by one."""

import zlib

from model.errors import BadPixels
from model.reading.decoders.decoded_frame import DecodedFrame
from model.reading.decoders.layout import PixelLayout
from model.reading.decoders.native import decode_native


def decode_deflated(data: bytes, layout: PixelLayout) -> DecodedFrame:
    """Inflate one frame, never to more than the bytes that its header promises.

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
        The stream is damaged, or too short.

    References
    ----------
    PS3.5 8.2.16 and A.4.13; RFC 1951.
    """
    try:
        inflated = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, (layout.frame_bits + 7) // 8)
    except zlib.error:
        raise BadPixels("a deflated frame is damaged") from None
    return decode_native(inflated, layout, 0)
