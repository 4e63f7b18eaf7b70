import struct

import imagecodecs
import numpy as np
import pytest

from model.errors import BadPixels, TooLarge
from model.reading.decoders.jpeg_2000_header import read_jpeg_2000_header
from model.reading.decoders.jpeg_header import FrameHeader, read_jpeg_header, require_few_scans
from tests.support.bombs import many_scans, million_scans

GREY = np.zeros((6, 9), np.uint8)
COLOUR = np.zeros((6, 9, 3), np.uint8)


def test_jpeg_says_its_size():
    header = read_jpeg_header(imagecodecs.jpeg8_encode(GREY))

    assert FrameHeader(0xC0, 8, 6, 9, 1, has_jfif=True, component_ids=b"\x01") == header


def test_an_adobe_marker_is_read():
    encoded = imagecodecs.jpeg8_encode(COLOUR, colorspace="RGB", outcolorspace="RGB")

    assert read_jpeg_header(encoded).adobe_transform == 0


def test_fill_bytes_and_other_segments_are_passed():
    encoded = imagecodecs.jpeg8_encode(GREY)
    comment = b"\xff\xff\xff\xfe" + struct.pack(">H", 6) + b"\xff\xc0\x00\x00"

    assert read_jpeg_header(encoded[:2] + comment + encoded[2:]).rows == 6


def test_other_families_say_what_they_are():
    assert read_jpeg_header(imagecodecs.ljpeg_encode(GREY)).marker == 0xC3
    assert read_jpeg_header(imagecodecs.jpegls_encode(GREY)).marker == 0xF7


@pytest.mark.parametrize("read", [read_jpeg_header, read_jpeg_2000_header])
@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"\xff\xd8\xff\xc0\x00\x02", b"\xff\x4f\xff\x51\x00\x29", bytes(99)]
)
def test_no_header_is_bad_pixels(read, data):
    with pytest.raises(BadPixels):
        read(data)


def test_scans_without_end_are_refused_and_a_dozen_are_not():
    for data, side in ((many_scans(64, 0), 64), (many_scans(64, 400), 64), (many_scans(2048, 0), 2048)):
        header = read_jpeg_header(data)
        assert header.rows == side
        require_few_scans(data, header)

    data = many_scans(2048, 1000)
    with pytest.raises(TooLarge):
        require_few_scans(data, read_jpeg_header(data))


def test_the_frames_of_a_file_share_what_their_scans_may_cost():
    data = many_scans(1024, 400)
    header = read_jpeg_header(data)

    require_few_scans(data, header, frames=10)
    with pytest.raises(TooLarge):
        require_few_scans(data, header, frames=500)


def test_a_million_scans_of_next_to_nothing_are_too_many():
    data = million_scans()

    with pytest.raises(TooLarge):
        require_few_scans(data, read_jpeg_header(data))
