import numpy as np

from model.reading.decoders.registry import find_decoder
from tests.support.encoded import COLUMNS, ROWS, deflate, layout_of


def test_a_deflated_frame_never_grows_beyond_its_picture():
    bomb = deflate(np.zeros(1 << 27, np.uint8))
    pixels = np.zeros((ROWS, COLUMNS), np.uint8)
    decoded = find_decoder("1.2.840.10008.1.2.8.1")(bomb, layout_of(pixels))

    assert decoded.pixels.shape == (ROWS, COLUMNS)
