"""Elements as bytes: tag, value representation, length and value.

References
----------
PS3.5 7.1 Data Elements, 7.5 Nesting of Data Sets, A Transfer Syntax Specifications.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_LONG: Final = frozenset(["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"])
_ITEM: Final = 0xFFFEE000
UNDEFINED: Final = 0xFFFFFFFF
_PADDED_BY_ZERO: Final = frozenset({"UI", "OB", "UN"})


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a data set lies in bytes.

    Parameters
    ----------
    is_implicit, is_big_endian : bool
    """

    is_implicit: bool
    is_big_endian: bool

    def element(self, tag: int, vr: str, value: bytes) -> bytes:
        """Write an element.

        Parameters
        ----------
        tag : int
        vr : str
        value : bytes
            In this byte order; padded to an even length here.

        Returns
        -------
        bytes
        """
        if len(value) % 2:
            value += b"\0" if vr in _PADDED_BY_ZERO else b" "
        return self.head(tag, vr, len(value)) + value

    def head(self, tag: int, vr: str, length: int) -> bytes:
        """Write what stands before a value.

        Parameters
        ----------
        tag : int
        vr : str
        length : int
            Of the value, or `UNDEFINED`.

        Returns
        -------
        bytes
        """
        order = ">" if self.is_big_endian else "<"
        begin = struct.pack(order + "HH", tag >> 16, tag & 0xFFFF)
        if self.is_implicit or tag == _ITEM:
            return begin + struct.pack(order + "L", length)
        if vr in _LONG:
            return begin + vr.encode() + b"\0\0" + struct.pack(order + "L", length)
        return begin + vr.encode() + struct.pack(order + "H", length)

    def sequence(self, tag: int, items: Iterable[bytes]) -> bytes:
        """Write a sequence.

        Parameters
        ----------
        tag : int
        items : iterable of bytes
            The elements of each item.

        Returns
        -------
        bytes
        """
        content = b"".join(self.head(_ITEM, "", len(item)) + item for item in items)
        return self.head(tag, "SQ", len(content)) + content
