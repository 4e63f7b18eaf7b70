import imagecodecs
import numpy as np
import pytest

from model.errors import BadPixels
from model.reading.decoders.codestream import (
    end_of_stream,
    has_end_marker,
    starts_stream,
    streams_of,
    whole_stream,
)

GREY = np.arange(54, dtype=np.uint8).reshape(6, 9)
STREAMS = {
    "jpeg": imagecodecs.jpeg8_encode(GREY),
    "jpeg-ls": imagecodecs.jpegls_encode(GREY),
    "jpeg 2000": imagecodecs.jpeg2k_encode(GREY, codecformat="j2k", level=0),
}


@pytest.fixture(params=STREAMS)
def stream(request):
    """An encoded frame of each family."""
    return STREAMS[request.param]


def test_a_stream_begins_as_its_family_does(stream):
    assert starts_stream(stream, 0)
    assert starts_stream(b"??" + stream, 2)
    assert not starts_stream(stream, 1)


def test_padding_behind_the_end_is_no_part_of_it(stream):
    for padding in (b"", b"\x00", b"\x00\x00\xff"):
        assert has_end_marker(stream + padding)
    assert not has_end_marker(stream[:-1])
    assert not has_end_marker(stream + b"more")


def test_what_stands_behind_is_cut_off(stream):
    assert whole_stream(stream + b"behind it") == stream
    assert end_of_stream(stream + b"behind it") == len(stream)


def test_one_that_was_cut_is_refused(stream):
    with pytest.raises(BadPixels, match="cut"):
        whole_stream(stream[: len(stream) // 2] + b"\x00")


def test_the_end_of_a_thumbnail_in_the_header_ends_nothing():
    """Up to its first scan a JPEG holds anything, another JPEG for one."""
    whole = STREAMS["jpeg"]
    thumbnail = b"\xff\xe1" + (2 + len(whole)).to_bytes(2, "big") + whole.replace(b"\xff\xda", b"\xff\xdb")
    with_thumbnail = whole[:2] + thumbnail + whole[2:]
    first_scan = with_thumbnail.find(b"\xff\xda")
    assert end_of_stream(with_thumbnail[:first_scan]) is None
    assert end_of_stream(with_thumbnail) == len(with_thumbnail)


@pytest.mark.parametrize("padding", [b"", b"\x00", b"\x00\x00"])
def test_streams_one_behind_the_other_are_parted(stream, padding):
    parts = streams_of((stream + padding) * 3)
    assert [part.rstrip(b"\x00") for part in parts] == [stream.rstrip(b"\x00")] * 3
    assert b"".join(parts) == (stream + padding) * 3
