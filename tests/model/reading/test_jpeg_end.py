import io
import struct
import time

import pytest

from model.errors import TooLarge
from model.reading.decoders.jpeg_header import MOST_SCANS
from model.reading.jpeg_end import jpeg_is_whole
from model.reading.prepare import prepare
from tests.support.bombs import million_scans
from tests.support.deadlines import scaled
from tests.support.pictures import jpeg_bytes

PIECE = 1 << 20


class Counting(io.BytesIO):
    """A file that knows how much was read of it."""

    taken = 0

    def read(self, size=-1):
        data = super().read(size)
        self.taken += len(data)
        return data


def is_whole(data):
    return jpeg_is_whole(io.BytesIO(data))


def scan(length):
    return b"\xff\xda\x00\x02" + b"\x01" * length


def test_a_million_scans_cost_one_reading_at_most():
    """Break it: read a piece anew for each scan; the walk takes minutes."""
    data = million_scans()
    file, started = Counting(data), time.process_time()

    assert jpeg_is_whole(file)
    assert file.taken <= len(data)
    assert time.process_time() - started < scaled(1)
    with pytest.raises(TooLarge):
        prepare(data)


def test_a_million_segments_cost_one_reading():
    data = b"\xff\xd8" + b"\xff\xfe\x00\x02" * 1_100_000
    file = Counting(data)

    assert jpeg_is_whole(file)
    assert file.taken < len(data) * 1.01


def test_as_many_scans_as_are_read_are_walked_to_their_end():
    data = b"\xff\xd8" + scan(3) * MOST_SCANS + b"\xff\xd9"

    assert is_whole(data)
    assert not is_whole(data[:-1])


@pytest.mark.parametrize("length", range(PIECE - 6, PIECE + 3))
def test_a_marker_may_fall_between_two_pieces(length):
    data = b"\xff\xd8" + scan(length) + scan(9) + b"\xff\xd9"

    assert is_whole(data)
    assert not is_whole(data[:-1])
    assert not is_whole(data[:-2])


def test_a_segment_may_be_longer_than_a_piece_has_left():
    segment = b"\xff\xe1" + struct.pack(">H", 65535) + bytes(65533)
    data = b"\xff\xd8" + segment * 40 + jpeg_bytes(1)[2:]

    assert is_whole(data)
    assert not is_whole(data[:-1])
    assert not is_whole(data[: len(segment) * 40])
