"""Whether a JPEG file that may still be written reaches its end: one walk over it, whatever is in it."""

import re
import struct
from typing import BinaryIO, Final

from model.reading.decoders.jpeg_header import MOST_SCANS

MOST_SEGMENTS: Final = 1_000_000
"""Segments looked at: about a second. A file with more is left to decoding, which has a deadline."""

_PIECE_BYTES: Final = 1 << 20
_MARKER: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)
_SOI, _EOI, _SOS, _FILL, _TEM, _RST0 = 0xD8, 0xD9, 0xDA, 0xFF, 0x01, 0xD0


def jpeg_is_whole(file: BinaryIO) -> bool:
    """Walk from marker to marker up to EOI; no byte is read twice, but for those between two pieces.

    Parameters
    ----------
    file : binary file, seekable
        Begins with SOI.

    Returns
    -------
    bool
        One of so many scans that decoding refuses it counts as whole.

    References
    ----------
    ISO/IEC 10918-1 B.1.1 Marker segments, B.2.1 High-level syntax.
    """
    pieces, place, scans = _Pieces(file), 2, 0
    for _ in range(MOST_SEGMENTS):
        head = pieces.at(place, 4)
        if len(head) < 2 or head[0] != 0xFF:
            return False
        marker = head[1]
        if marker == _EOI or scans > MOST_SCANS:
            return True
        if marker in (_FILL, _TEM) or _RST0 <= marker <= _SOI:  # fill, or a marker without a segment
            place += 1 if marker == _FILL else 2
            continue
        if len(head) < 4:
            return False
        place += 2 + struct.unpack(">H", head[2:])[0]
        if marker == _SOS:
            scans += 1
            place = pieces.next_marker(place)
    return True


class _Pieces:
    """A file that is read forward, a piece at a time: a million steps within one cost one reading of it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._start, self._piece = 0, b""

    def at(self, place: int, count: int) -> bytes:
        """Return some bytes; fewer at the end of the file."""
        if not self._start <= place <= place + count <= self._start + len(self._piece):
            self._file.seek(place)
            self._start, self._piece = place, self._file.read(_PIECE_BYTES)
        return self._piece[place - self._start : place - self._start + count]

    def next_marker(self, place: int) -> int:
        """Find the marker behind entropy-coded data, where stuffed bytes and restart markers do not count.

        The end of the file stands for one that is not there.
        """
        while len(self.at(place, 2)) == 2:
            found = _MARKER.search(self._piece, place - self._start)
            if found:
                return self._start + found.start()
            place = self._start + len(self._piece) - 1
        return place + 1
