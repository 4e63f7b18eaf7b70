import imagecodecs
import numpy as np
import pytest

from model.errors import BadHeader
from model.reading.decoders.registry import find_decoder
from tests.support.encoded import JPEG, jpeg_xl, layout_of, smooth


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_jpeg_xl_keeps_the_bits_of_its_header(bits):
    pixels = smooth(bits, np.uint8 if bits == 8 else np.uint16)
    decoded = find_decoder(JPEG + "110")(jpeg_xl(pixels, bitspersample=bits), layout_of(pixels))

    np.testing.assert_array_equal(pixels, decoded.pixels)
    assert (decoded.bits_stored, decoded.high_bit) == (bits, bits - 1)


@pytest.mark.parametrize(("bits", "samples"), [(8, 1), (12, 1), (8, 3)])
def test_lossy_jpeg_xl_comes_back_nearly(bits, samples):
    pixels = smooth(bits, np.uint8 if bits == 8 else np.uint16, samples)
    encoded = imagecodecs.jpegxl_encode(pixels, distance=0.5, bitspersample=bits)
    header = {"PhotometricInterpretation": "XYB"} if samples == 3 else {}
    decoded = find_decoder(JPEG + "112")(encoded, layout_of(pixels, **header))

    assert decoded.photometric_interpretation == ("RGB" if samples == 3 else "MONOCHROME2")
    assert np.abs(pixels.astype(int) - decoded.pixels.astype(int)).max() < 2**bits / 20


@pytest.mark.parametrize("samples", [1, 3])
def test_jpeg_that_became_jpeg_xl_is_what_it_was(samples):
    pixels = smooth(8, np.uint8, samples)
    jpeg = imagecodecs.jpeg8_encode(pixels, level=95)
    header = {"PhotometricInterpretation": "YBR_FULL_422"} if samples == 3 else {}
    decoded = find_decoder(JPEG + "111")(imagecodecs.jpegxl_encode_jpeg(jpeg), layout_of(pixels, **header))

    assert np.abs(imagecodecs.jpeg8_decode(jpeg).astype(int) - decoded.pixels.astype(int)).max() <= 2


def test_jpeg_xl_has_no_signed_values():
    with pytest.raises(BadHeader):
        find_decoder(JPEG + "110")(jpeg_xl(smooth(16)), layout_of(smooth(15, np.int16)))
