"""The headers of JPEG, lossless JPEG and JPEG-LS frames: what they hold, before any of it is decoded."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from model.advice import Advice
from model.errors import BadPixels, TooLarge
from model.reading.decoders.codestream import STARTS_2000

_EOI, _SOS, _APP0, _APP14 = 0xD9, 0xDA, 0xE0, 0xEE
MOST_SCANS: Final = 500
"""Scans of one JPEG; sound ones have a dozen."""
_MOST_WALKED_PIXELS: Final = 4_000_000_000  # about ten seconds
_WALKED_PER_FRAME: Final = _MOST_WALKED_PIXELS // 10  # a second, as the deadline allows for each
_KINDS: Final = MappingProxyType(
    {
        0xC0: "a baseline JPEG",
        0xC1: "an extended JPEG",
        0xC2: "a progressive JPEG",
        0xC3: "a lossless JPEG",
        0xF7: "JPEG-LS",
    }
)
_NO_FRAME: Final = frozenset({0xC4, 0xC8, 0xCC})  # DHT, JPG, DAC stand among the SOF markers
_SOF: Final = frozenset(range(0xC0, 0xD0)) - _NO_FRAME | {0xF7}


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
        f"the transfer syntax says {expected}, and an encoded frame is {_kind_of(data)}",
        advice=Advice.EXPORT,
    )


def _kind_of(data: bytes) -> str:
    if data[:4] in STARTS_2000:
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
    raise BadPixels("an encoded frame has no header")


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
        raise TooLarge("a JPEG of too many scans", advice=Advice.EXPORT)
