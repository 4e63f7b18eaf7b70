import numpy as np
import pytest

from model.errors import BadPixels
from model.reading.decoders.uncompressed import decode_uncompressed
from tests.support.encoded import layout_of, smooth


@pytest.mark.parametrize("pixels", [smooth(16), smooth(8, np.uint8, 3)], ids=["grey", "colour"])
def test_a_frame_is_taken_as_it_is_and_padding_is_no_part_of_it(pixels):
    decoded = decode_uncompressed(pixels.tobytes() + b"\x00", layout_of(pixels))

    np.testing.assert_array_equal(decoded.pixels, pixels)
    assert decoded.bits_stored == 8 * pixels.dtype.itemsize


def test_a_byte_less_is_no_frame():
    pixels = smooth(16)
    with pytest.raises(BadPixels):
        decode_uncompressed(pixels.tobytes()[:-1], layout_of(pixels))
