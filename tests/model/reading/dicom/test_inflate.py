import tracemalloc
import zlib

import pytest

from model.errors import TooLarge, Truncated, Unreadable
from model.reading.dicom.inflate import inflate


def deflated(data):
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


def test_what_was_deflated_comes_back_from_where_it_begins():
    assert inflate(b"head" + deflated(b"a data set"), 4, 100) == b"a data set"


def test_exactly_as_much_as_allowed_is_allowed():
    assert inflate(deflated(bytes(100)), 0, 100) == bytes(100)
    with pytest.raises(TooLarge) as error:
        inflate(deflated(bytes(101)), 0, 100)
    assert error.value.inflated_bytes == 101


def test_a_bomb_is_counted_and_not_kept():
    """A slow lane must know how large it is (fault 21)."""
    bomb = deflated(bytes(100_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge) as error:
            inflate(bomb, 0, 1000)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    assert error.value.inflated_bytes == 100_000_000


def test_one_that_was_cut_and_one_that_is_damaged_have_names_of_their_own():
    whole = deflated(bytes(range(256)) * 10)
    with pytest.raises(Truncated):
        inflate(whole[:-10], 0, 10_000)
    with pytest.raises(Unreadable):
        inflate(b"\xff" * 50, 0, 10_000)
