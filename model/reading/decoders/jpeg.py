"""JPEG by cosine transformation: baseline, extended, progressive; Huffman and arithmetic; 8 and 12 bit."""

import imagecodecs

from model.advice import Advice
from model.errors import BadPixels
from model.reading.decoders.codestream import whole_stream
from model.reading.decoders.colour import CONTRADICTED
from model.reading.decoders.decoded_frame import DecodedFrame, require_size
from model.reading.decoders.jpeg_header import another_process, read_jpeg_header, require_few_scans
from model.reading.decoders.layout import PixelLayout

_DCT = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})


def decode_jpeg(data: bytes, layout: PixelLayout) -> DecodedFrame:
    """Decode one frame; a colour frame becomes its luma, which is all that is asked of it.

    Whether its colours are RGB or YCbCr is known by the stream (`FrameHeader.is_ycbcr`), by the photometric
    interpretation only where the stream says nothing.

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
        The frame is no such JPEG, was cut, or its size is not the header's.
    TooLarge
        Its scans would take minutes.

    References
    ----------
    PS3.5 8.2.1 and A.4.1; ISO/IEC 10918-1.
    """
    header = read_jpeg_header(data)
    data = whole_stream(data)
    require_size(layout, header.rows, header.columns, header.samples)
    if header.marker not in _DCT or header.precision not in (8, 12):
        raise another_process(data, "JPEG of 8 or 12 bits with losses")
    require_few_scans(data, header, layout.frames)
    photometric = layout.photometric_interpretation
    warnings: tuple[str, ...] = ()
    if header.samples == 1:
        pixels = imagecodecs.jpeg8_decode(data)
    else:
        is_said_rgb = photometric == "RGB"
        is_rgb = is_said_rgb if header.is_ycbcr is None else not header.is_ycbcr
        warnings = (CONTRADICTED,) if is_rgb != is_said_rgb else ()
        colours = "RGB" if is_rgb else "YCBCR"
        pixels = imagecodecs.jpeg8_decode(data, colorspace=colours, outcolorspace="GRAYSCALE")
        photometric = "MONOCHROME2"
    if pixels.shape != (layout.rows, layout.columns):
        raise BadPixels("the decoded picture has another shape than the header says", advice=Advice.EXPORT)
    return DecodedFrame(pixels, photometric, header.precision, header.precision - 1, warnings=warnings)
