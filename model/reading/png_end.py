"""Whether a PNG file that may still be written is all there: one walk over its chunks.

A chunk has a checksum. It is asked only where bytes may be missing: a sound file is stepped over, not read.
"""

import struct
import zlib
from typing import BinaryIO, Final

from model.reading.signatures import PNG_SIGNATURE
from model.reading.unwritten import Holes

MOST_CHUNKS: Final = 1_000_000

_PIECE_BYTES: Final = 1 << 20
_BLOCK: Final = 4096  # writers stop at one
_TAIL: Final = 32  # deflated data hardly ever end in so many zeros
_FRAME: Final = 12  # bytes of a chunk beside its data: length, type and checksum


def png_is_whole(file: BinaryIO, size: int, holes: Holes = ()) -> bool:
    """Walk from chunk to chunk up to IEND.

    Parameters
    ----------
    file : binary file, seekable
        Begins with the signature.
    size : int
        Bytes in the file, as the caller saw them.
    holes : sequence of (int, int)
        Parts that were never written, or that a copy made of zeros: the checksum distinguishes (fault 75).

    Returns
    -------
    bool
        One of so many chunks that no writer makes them counts as whole: decoding, which has a deadline, finds
        out. So does one that is damaged, but holds no zeros where it was to be filled.

    References
    ----------
    PNG (ISO/IEC 15948) 5.3 Chunk layout, 5.5 CRC algorithm.
    """
    place = len(PNG_SIGNATURE)
    for _ in range(MOST_CHUNKS):
        file.seek(place)
        head = file.read(8)
        if len(head) < 8 or not head[4:].isalpha():
            return False
        end = place + _FRAME + struct.unpack(">L", head[:4])[0]
        if end > size:
            return False
        if _may_lack_bytes(file, place, end, holes) and not _has_its_checksum(file, place, end):
            return False
        if head[4:] == b"IEND":
            return True
        place = end
    return True


def _may_lack_bytes(file: BinaryIO, place: int, end: int, holes: Holes) -> bool:
    """Return whether a chunk overlaps with a hole, or is of many bytes and ends in zeros."""
    if any(start < end and stop > place for start, stop in holes):
        return True
    if end - place < _BLOCK:
        return False
    file.seek(end - 4 - _TAIL)
    return not file.read(_TAIL).strip(b"\0")


def _has_its_checksum(file: BinaryIO, place: int, end: int) -> bool:
    file.seek(place + 4)
    left, checksum = end - 4 - (place + 4), 0
    while left:
        piece = file.read(min(left, _PIECE_BYTES))
        if not piece:
            return False
        checksum = zlib.crc32(piece, checksum)
        left -= len(piece)
    return file.read(4) == struct.pack(">L", checksum)
