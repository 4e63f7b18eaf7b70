import imagecodecs
import numpy as np

from model.reading.decoders.registry import find_decoder
from tests.support.encoded import JPEG, layout_of, smooth


def test_near_lossless_jpeg_ls_stays_within_its_error():
    pixels = smooth(12)
    decoded = find_decoder(JPEG + "81")(imagecodecs.jpegls_encode(pixels, level=3), layout_of(pixels))

    assert np.abs(pixels.astype(int) - decoded.pixels.astype(int)).max() <= 3
