import imagecodecs
import numpy as np
import pytest

from model.errors import BadPixels
from model.reading.decoders.jpeg_xl_header import read_jpeg_xl_header

BARE, CONTAINER = b"\xff\x0a", b"\x00\x00\x00\x0cJXL \r\n\x87\n"
SIZES = [
    (1, 1),
    (8, 8),
    (24, 16),
    (256, 256),
    (20, 24),
    (3, 4),
    (9, 16),
    (257, 511),
    (513, 8200),
    (2500, 2048),
]


def bits(*numbers):
    """Pack numbers of so many bits, lowest bit first, behind the bytes that name a codestream."""
    value = place = 0
    for number, count in numbers:
        value |= number << place
        place += count
    return BARE + value.to_bytes(-(-place // 8) + 8, "little")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("options", [{}, {"usecontainer": True}], ids=["plain", "container"])
def test_the_size_is_that_of_the_picture(size, options):
    encoded = imagecodecs.jpegxl_encode(np.zeros(size, np.uint8), effort=1, lossless=True, **options)

    assert (*size, 8) == read_jpeg_xl_header(encoded)


@pytest.mark.parametrize("depth", [8, 9, 10, 12, 13, 16])
def test_the_precision_is_that_of_the_values(depth):
    pixels = np.zeros((5, 6), np.uint8 if depth == 8 else np.uint16)

    assert (5, 6, depth) == read_jpeg_xl_header(imagecodecs.jpegxl_encode(pixels, bitspersample=depth))


def test_a_recompressed_jpeg_has_its_size():
    jpeg = imagecodecs.jpeg8_encode(np.zeros((30, 20), np.uint8))

    assert read_jpeg_xl_header(imagecodecs.jpegxl_encode_jpeg(jpeg)) == (30, 20, 8)


@pytest.mark.parametrize("ratio", range(1, 8))
def test_columns_may_be_told_by_a_ratio(ratio):
    wide, high = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))[ratio - 1]
    small = bits((1, 1), (4, 5), (ratio, 3), (1, 1))

    assert (40, 40 * wide // high, 8) == read_jpeg_xl_header(small)


SMALL = ((1, 1), (4, 5), (1, 3))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        BARE,
        CONTAINER,
        CONTAINER + b"\x00\x00\x00\x00jxlc" + BARE,
        CONTAINER + b"\x00\x00\x00\x04free",
        CONTAINER + b"\x00\x00\x00\x08free" * 2000,
        bits(*SMALL, (0, 1), (1, 1), (0, 4), (1, 1)),  # a preview
        bits(*SMALL, (0, 1), (1, 1), (0, 5), (1, 1)),  # an animation
        bits(*SMALL, (0, 1), (0, 1), (1, 1)),  # floating point
    ],
)
def test_what_is_no_plain_picture_is_bad_pixels(data):
    with pytest.raises(BadPixels):
        read_jpeg_xl_header(data)
