"""The main headers of JPEG 2000 frames: what they hold, before any of it is decoded."""

import math
import struct
from collections.abc import Iterator
from typing import Final

from model.advice import Advice
from model.errors import BadPixels
from model.reading.decoders.codestream import SOT_2000
from model.reading.decoders.jpeg_header import FrameHeader

_COD, _COC, _QCD, _QCC = 0x52, 0x53, 0x5C, 0x5D
_LARGEST_WRAPPER: Final = 4096
_MOST_TILES: Final = 65535
_MOST_LEVELS: Final = 32


def read_jpeg_2000_header(data: bytes) -> FrameHeader:
    """Read the SIZ segment of a JPEG 2000 codestream, also within a JP2 file, which is wrong but seen.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    FrameHeader

    Raises
    ------
    BadPixels
        There is none, its tiles do not cover the picture, or its components differ in size or precision.

    References
    ----------
    ISO/IEC 15444-1 A.5.1, B.3.
    """
    start = data.find(b"\xff\x4f\xff\x51", 0, _LARGEST_WRAPPER)
    if start < 0 or len(data) < start + 42:
        raise BadPixels("an encoded frame has no header")
    right, bottom, left, top, *tile = struct.unpack_from(">8L", data, start + 8)
    across, down = _tiles(left, right, tile[0], tile[2]), _tiles(top, bottom, tile[1], tile[3])
    if not 1 <= across * down <= _MOST_TILES:
        raise BadPixels("an encoded frame has tiles that cannot be")
    (samples,) = struct.unpack_from(">H", data, start + 40)
    components = data[start + 42 : start + 42 + 3 * samples]
    if not components or components != components[:3] * samples or components[1:3] != b"\x01\x01":
        raise BadPixels("an encoded frame has components that differ", advice=Advice.CONVERT)
    precision = (components[0] & 0x7F) + 1
    return FrameHeader(0x51, precision, bottom - top, right - left, samples, is_signed=components[0] > 0x7F)


def has_origin_elsewhere(data: bytes) -> bool:
    """Whether the picture begins beside the origin of its reference grid, where wavelets count from.

    Then its first row or column may be an odd one, of which a lower level of resolution has no sample.

    Parameters
    ----------
    data : bytes
        A codestream whose header was read.

    Returns
    -------
    bool

    References
    ----------
    ISO/IEC 15444-1 A.5.1 (XOsiz, YOsiz), B.5.
    """
    start = data.find(b"\xff\x4f\xff\x51", 0, _LARGEST_WRAPPER)
    return struct.unpack_from(">2L", data, start + 16) != (0, 0)


def require_quantisation(data: bytes) -> None:
    """Refuse a JPEG 2000 codestream whose main header has fewer step sizes than subbands.

    OpenJPH looks for those that are missing behind the ones that are there, and ends the process.

    Parameters
    ----------
    data : bytes

    Raises
    ------
    BadPixels
        Step sizes are missing, or the main header does not lead to the first tile.

    References
    ----------
    ISO/IEC 15444-1 A.6.1 (COD), A.6.2 (COC), A.6.4 (QCD), A.6.5 (QCC).
    """
    levels, steps = 0, []
    try:
        for marker, body in _main_header(data):
            if marker in (_COD, _COC):
                levels = max(levels, body[5 if marker == _COD else 2])
            elif marker in (_QCD, _QCC):
                steps.append(body if marker == _QCD else body[1:])
        are_enough = all(_step_sizes(quantisation) > 3 * levels for quantisation in steps)
    except (IndexError, struct.error):
        are_enough = False
    if not (steps and are_enough and levels <= _MOST_LEVELS):
        raise BadPixels("the header of an encoded frame is damaged")


def is_exact_jpeg_2000(data: bytes) -> bool:
    """Whether a JPEG 2000 codestream is made by the reversible transformation.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    bool

    References
    ----------
    ISO/IEC 15444-1 A.6.1 (COD), Table A.20.
    """
    try:
        return any(marker == _COD and body[9] == 1 for marker, body in _main_header(data))
    except (IndexError, struct.error, BadPixels):
        return False


def _main_header(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Walk over the marker segments of a JPEG 2000 codestream up to its first tile."""
    place = data.find(b"\xff\x4f\xff\x51", 0, _LARGEST_WRAPPER) + 2
    while data[place : place + 2] != SOT_2000:
        marker, (length,) = data[place + 1], struct.unpack_from(">H", data, place + 2)
        if data[place] != 0xFF or length < 2:
            raise BadPixels("the header of an encoded frame is damaged")
        yield marker, data[place + 4 : place + 2 + length]
        place += 2 + length


def _step_sizes(quantisation: bytes) -> float:
    """Count the step sizes of a QCD or QCC segment; derived ones are never too few."""
    style = quantisation[0] & 0x1F
    if style == 1:
        return math.inf if len(quantisation) >= 3 else 0
    return (len(quantisation) - 1) // (1 if style == 0 else 2)


def _tiles(first: int, end: int, size: int, offset: int) -> int:
    """Count the tiles of one direction; 0 if there can be none: OpenJPH divides by the size it is given."""
    if not offset <= first < end or not first < offset + size:
        return 0
    return -(-(end - offset) // size)
