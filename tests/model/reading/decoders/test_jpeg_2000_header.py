import struct

import imagecodecs
import numpy as np
import pytest

from model.errors import BadPixels
from model.reading.decoders.jpeg_2000_header import read_jpeg_2000_header, require_quantisation

GREY = np.zeros((6, 9), np.uint8)


COLOUR = np.zeros((6, 9, 3), np.uint8)


@pytest.mark.parametrize("codecformat", ["j2k", "jp2"])
def test_jpeg_2000_says_its_size_also_in_a_wrapper(codecformat):
    pixels = np.zeros((6, 9), np.int16)
    header = read_jpeg_2000_header(imagecodecs.jpeg2k_encode(pixels, codecformat=codecformat))

    assert (
        header.rows,
        header.columns,
        header.samples,
        header.precision,
    ) == (6, 9, 1, 16)


def test_components_that_differ_are_refused():
    encoded = bytearray(imagecodecs.jpeg2k_encode(COLOUR, codecformat="j2k"))
    encoded[encoded.index(b"\xff\x51") + 41] = 2  # the second component at half resolution

    with pytest.raises(BadPixels):
        read_jpeg_2000_header(bytes(encoded))


@pytest.mark.parametrize(
    ("field", "value"),
    [("width", 0), ("height", 0), ("left", 9), ("top", 1 << 31), ("width", 1 << 32)],
    ids=["no width", "no height", "left of nothing", "below everything", "sound"],
)
def test_tiles_that_cannot_be_are_refused(field, value):
    """A tile without width once ended the decoding process by SIGFPE."""
    encoded = bytearray(imagecodecs.jpeg2k_encode(np.zeros((6, 9), np.uint8), codecformat="j2k"))
    place = encoded.index(b"\xff\x51") + 22 + 4 * ["width", "height", "left", "top"].index(field)
    struct.pack_into(">L", encoded, place, min(value, (1 << 32) - 1))

    if value > 1 << 31:
        assert read_jpeg_2000_header(bytes(encoded)).columns == 9
    else:
        with pytest.raises(BadPixels, match="tiles"):
            read_jpeg_2000_header(bytes(encoded))


def test_more_tiles_than_there_may_be_are_refused():
    encoded = bytearray(imagecodecs.jpeg2k_encode(np.zeros((300, 300), np.uint8), codecformat="j2k"))
    struct.pack_into(">2L", encoded, encoded.index(b"\xff\x51") + 22, 1, 1)

    with pytest.raises(BadPixels, match="tiles"):
        read_jpeg_2000_header(bytes(encoded))


@pytest.mark.parametrize("encode", [imagecodecs.htj2k_encode, imagecodecs.jpeg2k_encode])
@pytest.mark.parametrize("reversible", [True, False])
def test_sound_frames_have_step_sizes_for_all_subbands(encode, reversible):
    options = {"codecformat": "j2k"} if encode is imagecodecs.jpeg2k_encode else {}

    require_quantisation(encode(np.zeros((40, 40), np.uint8), reversible=reversible, **options))


@pytest.mark.parametrize("length", [0, 2, 3, 0x12, 0x14, 0xFFFF])
def test_step_sizes_that_are_missing_are_refused(length):
    """They once ended the decoding process by SIGSEGV."""
    encoded = bytearray(imagecodecs.htj2k_encode(np.zeros((40, 40), np.uint16), reversible=True))
    struct.pack_into(">H", encoded, encoded.index(b"\xff\x5c") + 2, length)

    with pytest.raises(BadPixels, match="damaged"):
        require_quantisation(bytes(encoded))


def test_more_levels_than_step_sizes_are_refused():
    encoded = bytearray(imagecodecs.htj2k_encode(np.zeros((40, 40), np.uint16), reversible=True))
    encoded[encoded.index(b"\xff\x52") + 9] += 1

    with pytest.raises(BadPixels, match="damaged"):
        require_quantisation(bytes(encoded))


def test_a_header_that_leads_nowhere_is_refused():
    encoded = imagecodecs.htj2k_encode(np.zeros((40, 40), np.uint16))

    with pytest.raises(BadPixels, match="damaged"):
        require_quantisation(encoded[: encoded.index(b"\xff\x5c")])
