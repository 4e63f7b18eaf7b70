"""Encapsulated pixel data: from fragments to frames.

pydicom's `generate_frames` is asked only where an offset table is needed: elsewhere it follows tables
that are wrong, and gives a last frame that was cut.
"""

import io
import struct
from collections.abc import Iterator, Sequence

from model.advice import Advice
from model.errors import BadPixels
from model.reading.decoders.codestream import end_of_stream, starts_stream, streams_of

MORE_FRAMES = "more_frames_than_said"
"""A category of warnings: the file holds more frames than its header announces; those are not shown."""

_ITEM = b"\xfe\xff\x00\xe0"
_TOO_FEW = "there are fewer encoded frames than the header says"


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


def frames(data: bytes, value_at: int, count: int, warnings: set[str] | None = None) -> Iterator[bytes]:
    """Join fragments to frames.

    A fragment a frame, else the end markers of the frames show which fragments belong together; the Basic
    Offset Table, which is wrong in some files, is asked only where there are none.

    Parameters
    ----------
    data, value_at
        As in `fragments`.
    count : int
        Number of Frames (0028,0008).
    warnings : set of str, optional
        Gets `MORE_FRAMES`.

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
    groups = [places] if count == 1 else []
    if len(places) > 1:
        groups = [[place] for place in places] if len(places) == count else _by_markers(data, places, count)
        if not groups and count == 1:
            groups = [places]
    if len(groups) > count and warnings is not None:
        warnings.add(MORE_FRAMES)
    if len(groups) >= count:
        yield from (b"".join(data[place] for place in group) for group in groups[:count])
    elif places and has_offsets and len(places) > count:
        yield from _by_offsets(data, value_at, count)
    else:
        yield from _first(streams_of(b"".join(data[place] for place in places)), count)


def bare_frames(value: bytes, count: int, warnings: set[str]) -> Iterator[bytes]:
    """Part encoded frames that stand in the pixel data element without items.

    Parameters
    ----------
    value : bytes
        Of the element.
    count, warnings
        As in `frames`.

    Yields
    ------
    bytes
        The encoded frames, exactly `count` of them.

    Raises
    ------
    BadPixels
        There are fewer frames.
    """
    found = streams_of(value) if count > 1 else [value]
    if len(found) > count:
        warnings.add(MORE_FRAMES)
    yield from _first(found, count)


def _first(found: Sequence[bytes], count: int) -> Iterator[bytes]:
    if len(found) < count:
        raise BadPixels(_TOO_FEW, advice=Advice.EXPORT)
    yield from found[:count]


def _by_offsets(data: bytes, value_at: int, count: int) -> Iterator[bytes]:
    from pydicom.encaps import generate_frames

    buffer = io.BytesIO(data)
    buffer.seek(value_at)
    for given, frame in enumerate(generate_frames(buffer, number_of_frames=count), 1):
        yield frame
        if given == count:
            return
    raise BadPixels(_TOO_FEW, advice=Advice.EXPORT)


def _by_markers(data: bytes, places: Sequence[slice], count: int) -> list[list[slice]]:
    """Group fragments by the JPEG, JPEG-LS or JPEG 2000 end marker that a frame's last one has; none without.

    Of a single frame, a fragment that begins no stream goes on with it.
    """
    groups: list[list[slice]] = []
    is_ended = True
    for place in places:
        if is_ended and (not groups or count > 1 or starts_stream(data, place.start)):
            groups.append([])
        groups[-1].append(place)
        is_ended = end_of_stream(data, place.start, place.stop) is not None
    return groups if is_ended else []
