"""Encapsulated Uncompressed: native frames in fragments, for data sets of more than 4 GiB."""

from model.reading.decoders.decoded_frame import DecodedFrame
from model.reading.decoders.layout import PixelLayout
from model.reading.decoders.native import decode_native


def decode_uncompressed(data: bytes, layout: PixelLayout) -> DecodedFrame:
    """Take one frame as it is.

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
        Fewer bytes than the frame needs.

    References
    ----------
    PS3.5 8.2.11 and A.4.11 Encapsulated Uncompressed Explicit VR Little Endian.
    """
    return decode_native(data, layout, 0)
