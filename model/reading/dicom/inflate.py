"""Deflated data sets, inflated within a limit.

References
----------
PS3.5 A.5 DICOM Deflated Little Endian Transfer Syntax.
"""

import contextlib
import zlib
from typing import Final

from model.advice import Advice
from model.errors import TooLarge, Truncated, Unreadable

_PIECE_BYTES: Final = 1 << 18
_MOST_COUNTED_BYTES: Final = 1 << 29


def inflate(data: bytes, start: int, most: int) -> bytes:
    """Inflate a data set, but never beyond a limit (fault 21: 1 MB took 2.1 GB).

    Parameters
    ----------
    data : bytes
        The whole file.
    start : int
        Where the deflated data set begins.
    most : int
        Bytes that may come out.

    Returns
    -------
    bytes

    Raises
    ------
    TooLarge
        More would come out.
    Truncated
        The stream does not end.
    Unreadable
        The stream is damaged.

    References
    ----------
    PS3.5 A.5 Deflated Explicit VR Little Endian.
    """
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        inflated = stream.decompress(memoryview(data)[start:], most)
    except zlib.error:
        raise Unreadable("the deflated data set is damaged") from None
    if stream.eof:
        return inflated
    if len(inflated) >= most:
        size = len(inflated) + _bytes_left(stream)
        raise TooLarge(
            "the data set inflates to more than is allowed", advice=Advice.CONVERT, inflated_bytes=size
        )
    raise Truncated


def _bytes_left(stream: "zlib._Decompress") -> int:
    """Count what would still come out of a stream, up to a limit, without keeping it."""
    rest, size = stream.unconsumed_tail, 0
    with contextlib.suppress(zlib.error):
        for place in range(0, len(rest), _PIECE_BYTES):
            piece = rest[place : place + _PIECE_BYTES]
            while piece and not stream.eof and size <= _MOST_COUNTED_BYTES:  # whose tail never empties
                size += len(stream.decompress(piece, _PIECE_BYTES))
                piece = stream.unconsumed_tail
    return size
