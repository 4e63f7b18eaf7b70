"""Encapsulated pixel data: from fragments to frames.

pydicom's `generate_frames` is asked only where an offset table is needed: elsewhere it follows tables
that are wrong, and gives a last frame that was cut.
"""

import io
import struct
from collections.abc import Iterator

from model.errors import BadPixels
from model.reading.decoders.codestream import has_end_marker

_ITEM = b"\xfe\xff\x00\xe0"


def fragments(data: bytes, value_at: int) -> tuple[list[slice], bool]:
    """List the fragments of an encapsulated pixel data element that is known to be whole.

    Parameters
    ----------
    data : bytes
        The file, or its inflated data set.
    value_at : int
        Place of the Basic Offset Table's item.

    Returns
    -------
    list of slice
        Where the fragments' bytes are, the Basic Offset Table's left out.
    bool
        Whether that table has offsets.

    References
    ----------
    PS3.5 A.4 Transfer Syntaxes for Encapsulation of Encoded Pixel Data.
    """
    places: list[slice] = []
    while data[value_at : value_at + 4] == _ITEM:
        (length,) = struct.unpack_from("<L", data, value_at + 4)
        places.append(slice(value_at + 8, value_at + 8 + length))
        value_at += 8 + length
    has_offsets = bool(places) and places[0].stop > places[0].start
    return places[1:], has_offsets


def frames(data: bytes, value_at: int, count: int) -> Iterator[bytes]:
    """Join fragments to frames.

    Offset tables are needed only where fragments and frames differ in number and there is more than one
    frame; wrong tables, which exist, do no harm elsewhere.

    Parameters
    ----------
    data, value_at
        As in `fragments`.
    count : int
        Number of Frames (0028,0008).

    Yields
    ------
    bytes
        The encoded frames, exactly `count` of them.

    Raises
    ------
    BadPixels
        There are fewer frames.
    """
    places, has_offsets = fragments(data, value_at)
    if len(places) < count:
        raise BadPixels("there are fewer encoded frames than the header says; export it again")
    if count == 1:
        yield b"".join(data[place] for place in places)
        return
    if len(places) == count:
        yield from (data[place] for place in places)
        return
    found = _by_offsets(data, value_at, count) if has_offsets else _by_end_markers(data, places)
    for given, frame in enumerate(found, 1):
        yield frame
        if given == count:
            return
    raise BadPixels("there are fewer encoded frames than the header says; export it again")


def _by_offsets(data: bytes, value_at: int, count: int) -> Iterator[bytes]:
    from pydicom.encaps import generate_frames

    buffer = io.BytesIO(data)
    buffer.seek(value_at)
    yield from generate_frames(buffer, number_of_frames=count)


def _by_end_markers(data: bytes, places: list[slice]) -> Iterator[bytes]:
    """Split where a fragment ends with a JPEG, JPEG-LS or JPEG 2000 end marker, and padding at most."""
    frame: list[bytes] = []
    for place in places:
        frame.append(data[place])
        if has_end_marker(frame[-1]):
            yield b"".join(frame)
            frame = []
