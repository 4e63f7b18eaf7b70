import numpy as np
import pytest

from model.errors import BadHeader, BadPixels
from model.reading.decoders.layout import PixelLayout
from model.reading.decoders.native import decode_native
from model.reading.limits import Limits
from tests.support.dicom_files import image

RANDOM = np.random.default_rng(3)


def layout_of(pixels, **elements):
    return PixelLayout.from_dataset(image(pixels, **elements), "PixelData", Limits())


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "u8"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_whole_bytes_come_back(dtype, order):
    pixels = RANDOM.integers(0, 250, (2, 5, 7)).astype(f"{order}{dtype}")
    for index in (0, 1):
        decoded = decode_native(
            pixels.tobytes(), layout_of(pixels.astype(dtype)), index, is_big_endian=order == ">"
        )
        np.testing.assert_array_equal(pixels[index], decoded.pixels)
        assert decoded.pixels.dtype.isnative


def test_single_bits_begin_anywhere_in_a_byte():
    pixels = RANDOM.integers(0, 2, (3, 5, 5), dtype=np.uint8)
    packed = np.packbits(pixels.reshape(-1), bitorder="little").tobytes()
    layout = layout_of(pixels, BitsAllocated=1, BitsStored=1, HighBit=0)

    for index in range(3):
        np.testing.assert_array_equal(pixels[index], decode_native(packed, layout, index).pixels)


def test_bytes_in_big_endian_words_are_swapped():
    pixels = RANDOM.integers(0, 256, (2, 3, 5), dtype=np.uint8)
    words = pixels.reshape(-1, 2)[:, ::-1].tobytes()

    for index in range(2):
        decoded = decode_native(words, layout_of(pixels), index, is_big_endian=True, has_words=True)
        np.testing.assert_array_equal(pixels[index], decoded.pixels)


def test_planes_of_colour_become_pixels_of_colour():
    pixels = RANDOM.integers(0, 256, (4, 5, 3), dtype=np.uint8)
    planar = np.ascontiguousarray(pixels.transpose(2, 0, 1)).tobytes()

    np.testing.assert_array_equal(
        pixels, decode_native(planar, layout_of(pixels, PlanarConfiguration=1), 0).pixels
    )
    np.testing.assert_array_equal(pixels, decode_native(pixels.tobytes(), layout_of(pixels), 0).pixels)


def test_two_pixels_share_their_colour():
    layout = layout_of(np.zeros((1, 4, 3), np.uint8), PhotometricInterpretation="YBR_FULL_422")
    decoded = decode_native(bytes([10, 11, 100, 200, 12, 13, 101, 201]), layout, 0)

    expected = [[[10, 100, 200], [11, 100, 200], [12, 101, 201], [13, 101, 201]]]
    assert expected == decoded.pixels.tolist()


def test_the_luma_of_the_partial_range_is_shared_too():
    layout = layout_of(np.zeros((1, 2, 3), np.uint8), PhotometricInterpretation="YBR_PARTIAL_422")

    assert decode_native(bytes([16, 235, 128, 127]), layout, 0).pixels.tolist() == [
        [[16, 128, 127], [235, 128, 127]]
    ]


def test_pairs_need_an_even_number_of_columns():
    layout = layout_of(np.zeros((2, 5, 3), np.uint8), PhotometricInterpretation="YBR_FULL_422")

    with pytest.raises(BadHeader):
        decode_native(bytes(24), layout, 0)


@pytest.mark.parametrize("size", [(3, 5), (4, 5), (2, 4)])
@pytest.mark.parametrize("is_big_endian", [False, True])
def test_values_of_12_bits_are_unpacked_wherever_a_frame_begins(size, is_big_endian):
    pixels = RANDOM.integers(0, 4096, (3, *size), dtype=np.uint16)
    bits = (pixels.reshape(-1, 1) >> np.arange(12)) & 1
    packed = np.packbits(bits.astype(np.uint8).reshape(-1), bitorder="little").tobytes()
    packed += bytes(len(packed) % 2)
    if is_big_endian:
        packed = np.frombuffer(packed, "<u2").astype(">u2").tobytes()
    layout = layout_of(pixels, BitsAllocated=12, BitsStored=12, HighBit=11)

    for index in range(3):
        decoded = decode_native(packed, layout, index, is_big_endian=is_big_endian, has_words=True)
        np.testing.assert_array_equal(pixels[index], decoded.pixels)
        assert (decoded.bits_stored, decoded.high_bit) == (12, 11)


def test_too_few_bytes_are_bad_pixels():
    pixels = np.zeros((4, 5), np.uint16)

    with pytest.raises(BadPixels):
        decode_native(pixels.tobytes()[:-1], layout_of(pixels), 0)
    with pytest.raises(BadPixels):
        decode_native(pixels.tobytes(), layout_of(pixels), 1)
