"""The headers of encoded frames: how large a picture they hold, before any of it is decoded."""

import itertools
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType

from model.errors import BadPixels, TooLarge

_LARGEST_WRAPPER = 4096
_MOST_TILES = 65535
_MOST_LEVELS = 32
MOST_SCANS = 500
"""Scans of one JPEG; sound ones have a dozen."""
_MOST_WALKED_PIXELS = 4_000_000_000  # about ten seconds
_WALKED_PER_FRAME = _MOST_WALKED_PIXELS // 10  # a second, as the deadline allows for each further frame
_COD, _COC, _QCD, _QCC, _SOT = 0x52, 0x53, 0x5C, 0x5D, b"\xff\x90"
_END = b"\xff\xd9"
_STARTS_2000 = (b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0c")
_KINDS = MappingProxyType(
    {
        0xC0: "a baseline JPEG",
        0xC1: "an extended JPEG",
        0xC2: "a progressive JPEG",
        0xC3: "a lossless JPEG",
        0xF7: "JPEG-LS",
    }
)
_SOI, _EOI, _SOS, _APP0, _APP14 = 0xD8, 0xD9, 0xDA, 0xE0, 0xEE
_NO_FRAME = frozenset({0xC4, 0xC8, 0xCC})  # DHT, JPG, DAC stand among the SOF markers
_SOF = frozenset(range(0xC0, 0xD0)) - _NO_FRAME | {0xF7}


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """What an encoded frame says of itself.

    Attributes
    ----------
    marker : int
        Second byte of the start-of-frame marker (0xC0 baseline, 0xC3 lossless, 0xF7 JPEG-LS, ...), or of SIZ.
    precision : int
        Bits a value.
    rows, columns, samples : int
    adobe_transform : int or None
        0: colours are as they are, 1: YCbCr. None: no Adobe marker.
    has_jfif : bool
        A JFIF marker stands before the frame header.
    component_ids : bytes
        Identifiers of the components.
    has_subsampling : bool
        Not all components have the same sampling factors.
    is_signed : bool
        JPEG 2000: values are signed.
    """

    marker: int
    precision: int
    rows: int
    columns: int
    samples: int
    adobe_transform: int | None = None
    has_jfif: bool = False
    component_ids: bytes = b""
    has_subsampling: bool = False
    is_signed: bool = False

    @property
    def is_ycbcr(self) -> bool | None:
        """Whether three components are YCbCr, by the stream's own evidence; None where it gives none.

        An Adobe marker says it; so do components called R, G and B. Only YCbCr is subsampled, and a JFIF
        file knows no other colours.

        References
        ----------
        Adobe Technical Note 5116 (APP14); ITU-T T.871 (JFIF) 7.
        """
        if self.adobe_transform is not None:
            return self.adobe_transform != 0
        if self.component_ids in (b"RGB", b"rgb"):
            return False
        return True if self.has_jfif or self.has_subsampling else None


def has_end_marker(data: bytes) -> bool:
    """Whether a codestream ends with EOI or EOC, and padding at most.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    bool
    """
    return data.rstrip(b"\x00\xff").endswith(_END)


def starts_stream(data: bytes, place: int) -> bool:
    """Whether a JPEG, JPEG-LS or JPEG 2000 stream, or a JP2 file, begins at a place.

    Parameters
    ----------
    data : bytes
    place : int

    Returns
    -------
    bool
    """
    return data[place : place + 3] == b"\xff\xd8\xff" or data[place : place + 4] in _STARTS_2000


def end_of_stream(data: bytes, start: int = 0, stop: int | None = None) -> int | None:
    """Find the end of the codestream whose last bytes lie in a stretch of bytes.

    No entropy-coded byte pair looks like an end marker. One in front of the first scan is that of a
    thumbnail, and ends nothing.

    Parameters
    ----------
    data : bytes
    start, stop : int, optional
        The stretch; all of `data` without.

    Returns
    -------
    int or None
        Place behind EOI or EOC; None if there is none.

    References
    ----------
    ISO/IEC 10918-1 B.1.1.5; ISO/IEC 14495-1 A.1; ISO/IEC 15444-1 A.1.
    """
    stop = len(data) if stop is None else min(stop, len(data))
    found = data.rfind(_END, start, stop)
    if found < 0:
        return None
    is_in_header = (
        starts_stream(data, start) and max(data.rfind(mark, start, found) for mark in (b"\xff\xda", _SOT)) < 0
    )
    return None if is_in_header else found + 2


def streams_of(data: bytes) -> list[bytes]:
    """Part codestreams that stand one behind the other; a stream begins where one has ended.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    list of bytes
        The streams, each up to where the next begins.
    """
    starts = [0]
    end = data.find(_END)
    while end >= 0:
        place = end + 2
        while place < len(data) and data[place] == 0:
            place += 1
        if starts_stream(data, place):
            starts.append(place)
        end = data.find(_END, end + 2)
    return [data[first:last] for first, last in itertools.pairwise([*starts, len(data)])]


def whole_stream(data: bytes) -> bytes:
    """Return a codestream without what stands behind its end marker, and refuse one that was cut.

    Decoders fill up what is missing and say nothing.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    bytes

    Raises
    ------
    BadPixels
        It has no EOI or EOC.
    """
    if has_end_marker(data):
        return data
    end = end_of_stream(data)
    if end is None:
        raise BadPixels("an encoded frame was cut: its end marker is missing; export it again")
    return data[:end]


def another_process(data: bytes, expected: str) -> BadPixels:
    """Say that an encoded frame is not what its transfer syntax says, and what it is.

    Parameters
    ----------
    data : bytes
    expected : str
        What the transfer syntax says, as `lossless JPEG`.

    Returns
    -------
    BadPixels
        To be raised.
    """
    return BadPixels(
        f"the transfer syntax says {expected}, and an encoded frame is {_kind_of(data)}; export it again"
    )


def _kind_of(data: bytes) -> str:
    if data[:4] in _STARTS_2000:
        return "JPEG 2000"
    if data[:2] == b"\xff\x0a" or data[4:8] == b"JXL ":
        return "JPEG XL"
    try:
        return _KINDS.get(read_jpeg_header(data).marker, "a JPEG of another process")
    except (BadPixels, struct.error):
        return "nothing that is known"


def read_jpeg_header(data: bytes) -> FrameHeader:
    """Read the frame header of a JPEG, lossless JPEG or JPEG-LS codestream.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    FrameHeader

    Raises
    ------
    BadPixels
        There is none.

    References
    ----------
    ISO/IEC 10918-1 B.2.2; ISO/IEC 14495-1 C.2.2; Adobe Technical Note 5116 (APP14).
    """
    adobe: int | None = None
    has_jfif = False
    for marker, body in _segments(data):
        if marker in _SOF and len(body) >= 6:
            precision, rows, columns, samples = struct.unpack_from(">BHHB", body)
            components = body[6 : 6 + 3 * samples]
            has_subsampling = len(set(components[1::3])) > 1
            return FrameHeader(
                marker, precision, rows, columns, samples, adobe, has_jfif, components[::3], has_subsampling
            )
        has_jfif |= marker == _APP0 and body[:5] == b"JFIF\0"
        if marker == _APP14 and body[:5] == b"Adobe" and len(body) >= 12:
            adobe = body[11]
    raise BadPixels("an encoded frame has no header; export it again")


def is_exact_jpeg_ls(data: bytes) -> bool:
    """Whether the first scan of a JPEG-LS codestream is lossless: its NEAR is 0.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    bool

    References
    ----------
    ISO/IEC 14495-1 C.2.3 Scan header.
    """
    for marker, body in _segments(data):
        if marker == _SOS:
            return len(body) >= 3 and body[-3] == 0
    return False


def point_transform(data: bytes) -> int:
    """Return the point transform of a lossless JPEG: so many bits were cut off its values before encoding.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    int

    References
    ----------
    ISO/IEC 10918-1 B.2.3 (Al), H.1.2.1.
    """
    for marker, body in _segments(data):
        if marker == _SOS:
            return body[-1] & 15 if body else 0
    return 0


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Walk over the marker segments of a JPEG codestream, up to the first scan, whose header is the last."""
    place = 2 if data[:2] == b"\xff\xd8" else len(data)
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        if marker == _EOI:
            return
        (length,) = struct.unpack_from(">H", data, place + 2)
        yield marker, data[place + 4 : place + 2 + length]
        if marker == _SOS:
            return
        place += 2 + length


def require_few_scans(data: bytes, header: FrameHeader, frames: int = 1) -> None:
    """Refuse a JPEG that makes its decoder walk over the picture for minutes.

    Each scan, of which some bytes are enough, is a walk over all coefficients; sound pictures have a dozen.

    Parameters
    ----------
    data : bytes
        One encoded frame.
    header : FrameHeader
    frames : int
        Frames in the file, each of which has an equal share of what all of them may cost.

    Raises
    ------
    TooLarge
        There are more than `MOST_SCANS`, or pixels times scans are more than some seconds of work.

    References
    ----------
    ISO/IEC 10918-1 G.1 Progressive DCT.
    """
    scans = data.count(b"\xff\xda")
    most = (_MOST_WALKED_PIXELS + _WALKED_PER_FRAME * (frames - 1)) // frames
    if scans > MOST_SCANS or scans * header.rows * header.columns > most:
        raise TooLarge("a JPEG of too many scans; save it anew")


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
        raise BadPixels("an encoded frame has no header; export it again")
    right, bottom, left, top, *tile = struct.unpack_from(">8L", data, start + 8)
    across, down = _tiles(left, right, tile[0], tile[2]), _tiles(top, bottom, tile[1], tile[3])
    if not 1 <= across * down <= _MOST_TILES:
        raise BadPixels("an encoded frame has tiles that cannot be; export it again")
    (samples,) = struct.unpack_from(">H", data, start + 40)
    components = data[start + 42 : start + 42 + 3 * samples]
    if not components or components != components[:3] * samples or components[1:3] != b"\x01\x01":
        raise BadPixels("an encoded frame has components that differ; convert it")
    precision = (components[0] & 0x7F) + 1
    return FrameHeader(0x51, precision, bottom - top, right - left, samples, is_signed=components[0] > 0x7F)


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
        raise BadPixels("the header of an encoded frame is damaged; export it again")


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
    while data[place : place + 2] != _SOT:
        marker, (length,) = data[place + 1], struct.unpack_from(">H", data, place + 2)
        if data[place] != 0xFF or length < 2:
            raise BadPixels("the header of an encoded frame is damaged; export it again")
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
