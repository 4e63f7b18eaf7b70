"""Fault 75, of PNG: chunks have a checksum, which tells zeros that were written from bytes that were not.

Break it: let `png_is_whole` trust lengths alone: half a picture is `bad_pixels` at once, while it is written.
"""

import io
import os
import struct
import zlib

import numpy as np
import pytest

from model.reading.completeness import Completeness, Written, examine, judge_holes
from model.reading.png_end import png_is_whole
from model.reading.prepare import prepare
from model.reading.unwritten import find_holes
from tests.support.limits import LIMITS

NOISE = np.random.default_rng(3).integers(0, 256, (400, 300), dtype=np.uint8)


def chunk(kind, data):
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def png(*data):
    """Give a file whose pixels are in one chunk each."""
    head = struct.pack(">LLBBBBB", NOISE.shape[1], NOISE.shape[0], 8, 0, 0, 0, 0)
    parts = [chunk(b"IHDR", head), *(chunk(b"IDAT", one) for one in data), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def deflated(level=6):
    return zlib.compress(b"".join(b"\0" + row.tobytes() for row in NOISE), level)


WHOLE = png(deflated())
END = len(WHOLE) - 16  # of the one chunk of pixels, without its checksum


def lacking(start, stop):
    """Give the file as its sender left it that filled all but a part."""
    return WHOLE[:start] + bytes(stop - start) + WHOLE[stop:]


def is_whole(data, holes=()):
    return png_is_whole(io.BytesIO(data), len(data), holes)


def test_zeros_to_the_end_of_a_chunk_are_not_whole_whether_holes_are_known_or_not():
    assert is_whole(WHOLE)
    assert not is_whole(lacking(END // 2, END))
    assert not is_whole(lacking(END // 2, END + 4))  # its checksum is still to come, too


def test_a_hole_in_the_middle_is_not_whole_where_it_is_known(tmp_path):
    data, (start, stop) = lacking(16_384, 65_536), (16_384, 65_536)
    path = tmp_path / "a.png"
    with path.open("wb") as file:
        os.pwrite(file.fileno(), data[:start], 0)
        os.pwrite(file.fileno(), data[stop:], stop)
    with path.open("rb") as file:
        holes = find_holes(file)
        assert holes == [(start, stop)]
        assert examine(file, len(data), holes) is Completeness.INCOMPLETE
        assert judge_holes(file, len(data), holes) is Written.IN_PART


def test_zeros_that_were_written_are_whole_with_a_hole_or_without():
    """A copy makes holes of zeros: in stored data that are black, for instance."""
    black = zlib.compress(bytes(NOISE.size + NOISE.shape[0]), 0)
    data = png(black)
    assert bytes(60_000) in data
    assert is_whole(data, holes=[(4096, 8192)])
    tail = png(black[:65_536], black[65_536:])  # the first ends in zeros
    assert is_whole(tail)
    assert prepare(tail, LIMITS.pixels).warnings is not None


@pytest.mark.parametrize("place", [60, END // 2])
def test_a_file_that_is_damaged_otherwise_waits_for_nothing(place):
    damaged = bytearray(WHOLE)
    damaged[place] ^= 1
    assert is_whole(bytes(damaged))


def test_what_is_cut_is_not_whole():
    assert not [end for end in range(8, len(WHOLE), 997) if is_whole(WHOLE[:end])]
