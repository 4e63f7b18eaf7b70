"""Small data sets as bytes: command sets, File Meta Information, and what storage commitment says.

A peer writes them, so lengths are checked before anything is taken, and nesting is bounded.

References
----------
PS3.5 7.1 Data Elements, PS3.7 6.3.1 Command Set.
"""

import struct
from typing import Final

from daemon.errors import DaemonError

Elements = dict[int, "bytes | list[Elements]"]
"""Tag, and the value as its bytes, or the items of a sequence."""

_UNDEFINED: Final = 0xFFFFFFFF
_ITEM: Final = 0xFFFEE000
_ENDS: Final = frozenset({0xFFFEE00D, 0xFFFEE0DD})
LONG_LENGTH: Final = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
"""Value representations whose length has four bytes where it is explicit (PS3.5 7.1.2)."""
_DEEPEST: Final = 4
_SEQUENCES: Final = frozenset({0x00081199, 0x00081198})  # no implicit VR names them


class MalformedMessage(DaemonError):  # noqa: N818 -- it is the message that is malformed
    """A peer sent what DICOM does not allow; nothing of it is in the message."""

    code = "malformed_message"


def explicit(tag: int, vr: bytes, value: bytes) -> bytes:
    """Write an element in Explicit VR Little Endian.

    Parameters
    ----------
    tag : int
        Group in the upper 16 bits.
    vr : bytes
        Two letters.
    value : bytes
        Padded here to an even length.

    Returns
    -------
    bytes
    """
    value = _even(value, b"\0" if vr in (b"UI", b"OB") else b" ")
    if vr in LONG_LENGTH:
        return struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr, 0, len(value)) + value
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(value)) + value


def implicit(tag: int, value: bytes, padding: bytes = b"\0") -> bytes:
    """Write an element in Implicit VR Little Endian.

    Parameters
    ----------
    tag : int
    value : bytes
    padding : bytes
        One byte, for a value of odd length: NUL for UIDs, a space for text.

    Returns
    -------
    bytes
    """
    value = _even(value, padding)
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value)) + value


def sequence(tag: int, items: list[bytes], *, is_explicit: bool) -> bytes:
    """Write a sequence of items whose elements are written already.

    Parameters
    ----------
    tag : int
    items : list of bytes
    is_explicit : bool

    Returns
    -------
    bytes
    """
    content = b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item for item in items)
    return explicit(tag, b"SQ", content) if is_explicit else implicit(tag, content)


def _even(value: bytes, padding: bytes) -> bytes:
    return value + padding if len(value) % 2 else value


def read_elements(data: bytes, *, is_explicit: bool) -> Elements:
    """Read a small data set, little endian.

    Parameters
    ----------
    data : bytes
    is_explicit : bool

    Returns
    -------
    Elements

    Raises
    ------
    MalformedMessage
        A length reaches past the end, or sequences lie too deep in one another.
    """
    found, end = _read(data, 0, len(data), is_explicit=is_explicit, depth=0)
    if end != len(data):
        raise MalformedMessage("an item ends that did not begin")
    return found


def _read(data: bytes, at: int, end: int, *, is_explicit: bool, depth: int) -> tuple[Elements, int]:
    """Read elements up to the end, or to a delimiter; give them, and where what follows begins."""
    if depth > _DEEPEST:
        raise MalformedMessage("sequences lie too deep in one another")
    found: Elements = {}
    while at < end:
        tag, vr, length, at = _head(data, at, end, is_explicit=is_explicit)
        if tag in _ENDS:
            return found, at
        if vr == b"SQ" or length == _UNDEFINED or tag in _SEQUENCES:
            found[tag], at = _items(data, at, end, length, is_explicit=is_explicit, depth=depth)
        elif length > end - at:
            raise MalformedMessage("a value reaches past the end")
        else:
            found[tag] = bytes(data[at : at + length])
            at += length
    return found, at


def _head(data: bytes, at: int, end: int, *, is_explicit: bool) -> tuple[int, bytes, int, int]:
    """Read tag, VR (empty where there is none) and length; give also where the value begins."""
    if end - at < 8:
        raise MalformedMessage("an element is cut")
    group, element = struct.unpack_from("<HH", data, at)
    tag = group << 16 | element
    if group == 0xFFFE or not is_explicit:
        return tag, b"", struct.unpack_from("<I", data, at + 4)[0], at + 8
    vr = bytes(data[at + 4 : at + 6])
    if vr not in LONG_LENGTH:
        return tag, vr, struct.unpack_from("<H", data, at + 6)[0], at + 8
    if end - at < 12:
        raise MalformedMessage("an element is cut")
    return tag, vr, struct.unpack_from("<I", data, at + 8)[0], at + 12


def _items(
    data: bytes, at: int, end: int, length: int, *, is_explicit: bool, depth: int
) -> tuple[list[Elements], int]:
    if length != _UNDEFINED:
        if length > end - at:
            raise MalformedMessage("a sequence reaches past the end")
        end = at + length
    items: list[Elements] = []
    while at < end:
        tag, _, item_length, at = _head(data, at, end, is_explicit=is_explicit)
        if tag in _ENDS:
            return items, at
        if tag != _ITEM:
            raise MalformedMessage("a sequence holds something else than items")
        item_end = end if item_length == _UNDEFINED else at + item_length
        if item_end > end:
            raise MalformedMessage("an item reaches past the end")
        item, at = _read(data, at, item_end, is_explicit=is_explicit, depth=depth + 1)
        items.append(item)
    return items, at


def uid_of(elements: Elements, tag: int) -> str | None:
    """Return a UID of a data set, if it is one.

    Parameters
    ----------
    elements : Elements
    tag : int

    Returns
    -------
    str or None
        Up to 64 digits and dots.

    References
    ----------
    PS3.5 9.1 UID Encoding Rules; leading zeros are let pass, for archives hold them.
    """
    value = elements.get(tag)
    return uid_in(value) if isinstance(value, bytes) else None


def uid_in(value: bytes) -> str | None:
    """Return the UID that a value holds, without its padding; None if it holds none.

    Parameters
    ----------
    value : bytes

    Returns
    -------
    str or None
    """
    text = value.rstrip(b"\0 ")
    return text.decode() if 0 < len(text) <= 64 and not text.strip(b"0123456789.") else None


def number_of(elements: Elements, tag: int) -> int | None:
    """Return a number of 16 bits (US).

    Parameters
    ----------
    elements : Elements
    tag : int

    Returns
    -------
    int or None
    """
    value = elements.get(tag)
    return int.from_bytes(value, "little") if isinstance(value, bytes) and len(value) == 2 else None
