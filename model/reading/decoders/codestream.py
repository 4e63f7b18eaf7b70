"""Where the codestreams of JPEG, JPEG-LS and JPEG 2000 begin and end."""

import itertools
from typing import Final

from model.errors import BadPixels

SOT_2000: Final = b"\xff\x90"
"""The first tile of a JPEG 2000 codestream begins."""
_END: Final = b"\xff\xd9"  # EOI of JPEG and JPEG-LS, EOC of JPEG 2000
STARTS_2000: Final = (b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0c")
"""How a JPEG 2000 codestream, or a JP2 file around one, begins."""


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
    return data[place : place + 3] == b"\xff\xd8\xff" or data[place : place + 4] in STARTS_2000


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
        starts_stream(data, start)
        and max(data.rfind(mark, start, found) for mark in (b"\xff\xda", SOT_2000)) < 0
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
        raise BadPixels("an encoded frame was cut: its end marker is missing")
    return data[:end]
