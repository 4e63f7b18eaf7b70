"""The header of a JPEG XL picture: its size and precision, read before any of it is decoded."""

import struct
from types import MappingProxyType

from model.advice import Advice
from model.errors import BadPixels

_CONTAINER = b"\x00\x00\x00\x0cJXL \r\n\x87\n"
_CODESTREAM = b"\xff\x0a"
_HEADER_BYTES = 64  # far more than the header of a plain picture takes
_MOST_BOXES = 1000
_RATIOS = MappingProxyType({1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)})
_SIZES = ((1, 9), (1, 13), (1, 18), (1, 30))
_BITS = ((8, 0), (10, 0), (12, 0), (1, 6))


def read_jpeg_xl_header(data: bytes) -> tuple[int, int, int]:
    """Read rows, columns and bits a value of a JPEG XL codestream, bare or in its container.

    Parameters
    ----------
    data : bytes
        One encoded frame.

    Returns
    -------
    rows, columns, bits : int

    Raises
    ------
    BadPixels
        There is no header, or it is that of an animation, or of floating point values.

    References
    ----------
    ISO/IEC 18181-1 Annex D (image header); ISO/IEC 18181-2 9 (boxes).
    """
    bits = _Bits(_codestream(data))
    rows, columns = _size(bits)
    precision = 8
    if not bits.flag():  # not all is default
        if bits.flag():
            bits.number(3)  # orientation: pixels turned by it no longer fit Rows and Columns
            if bits.flag():
                _size(bits)
            if bits.flag() or bits.flag():
                raise BadPixels("a JPEG XL frame with a preview or an animation", advice=Advice.CONVERT)
        if bits.flag():
            raise BadPixels("a JPEG XL frame of floating point values", advice=Advice.CONVERT)
        precision = bits.choice(_BITS)
    return rows, columns, precision


class _Bits:
    """Bits, the lowest of each byte first; behind the end there is nothing but an error."""

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data, "little"), 8 * len(data)

    def number(self, count: int) -> int:
        if count > self._left:
            raise BadPixels("an encoded frame has no header")
        found = self._value & ((1 << count) - 1)
        self._value >>= count
        self._left -= count
        return found

    def flag(self) -> bool:
        return bool(self.number(1))

    def choice(self, ways: tuple[tuple[int, int], ...]) -> int:
        """Read which way a number is written, then the number: an offset and so many bits."""
        offset, count = ways[self.number(2)]
        return offset + self.number(count)


def _size(bits: _Bits) -> tuple[int, int]:
    is_small = bits.flag()
    rows = 8 * (bits.number(5) + 1) if is_small else bits.choice(_SIZES)
    ratio = bits.number(3)
    if ratio:
        wide, high = _RATIOS[ratio]
        return rows, rows * wide // high
    return rows, 8 * (bits.number(5) + 1) if is_small else bits.choice(_SIZES)


def _codestream(data: bytes) -> bytes:
    """Find the first bytes of the codestream, the two that name it left out."""
    place = 0
    if data.startswith(_CONTAINER):
        place = _first_codestream_box(data)
    if data[place : place + 2] != _CODESTREAM:
        raise BadPixels("an encoded frame has no header")
    return data[place + 2 : place + _HEADER_BYTES]


def _first_codestream_box(data: bytes) -> int:
    place = len(_CONTAINER)
    for _ in range(_MOST_BOXES):
        if place + 8 > len(data):
            break
        length, kind = struct.unpack_from(">L4s", data, place)
        head = 8
        if length == 1 and place + 16 <= len(data):
            (length,), head = struct.unpack_from(">Q", data, place + 8), 16
        if kind in (b"jxlc", b"jxlp"):
            return place + head + (4 if kind == b"jxlp" else 0)  # a part begins with its number
        if length < head:
            break
        place += length
    return len(data)
