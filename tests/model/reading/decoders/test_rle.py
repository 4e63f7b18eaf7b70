import numpy as np
import pytest

from model.errors import BadPixels
from model.reading.decoders.registry import find_decoder
from tests.support.dicom_files import rle
from tests.support.encoded import layout_of, smooth


@pytest.mark.parametrize("place", [4, 8, 12, 60])
@pytest.mark.parametrize("offset", [0, 63, 2**31, 2**32 - 90])
def test_rle_offsets_that_lie_do_not_end_the_process(place, offset):
    pixels = smooth(16)
    frame = bytearray(rle(pixels))
    frame[place : place + 4] = np.array([offset], "<u4").tobytes()
    if place in (12, 60):  # offsets of segments that a frame of 16 bits does not have
        decoded = find_decoder("1.2.840.10008.1.2.5")(bytes(frame), layout_of(pixels))
        np.testing.assert_array_equal(pixels, decoded.pixels)
        return
    with pytest.raises(BadPixels):
        find_decoder("1.2.840.10008.1.2.5")(bytes(frame), layout_of(pixels))
