"""How what a decoder gives is made to agree with the header.

Break it: let `counting_bits` believe the header of a lossy codestream too: white that its errors carried over
the highest value becomes black.
"""

import numpy as np
import pytest

from model.errors import BadPixels
from model.reading.decoders.decoded_frame import counting_bits, require_shape, require_size
from tests.support.encoded import COLUMNS, ROWS, layout_of, smooth

GREY, COLOUR = smooth(16), smooth(8, np.uint8, 3)


def test_a_size_is_that_of_the_header():
    require_size(layout_of(GREY), ROWS, COLUMNS, 1)
    require_size(layout_of(COLOUR), ROWS, COLUMNS, 3)
    for size in ((COLUMNS, ROWS, 1), (ROWS, COLUMNS, 3), (ROWS + 1, COLUMNS, 1)):
        with pytest.raises(BadPixels):
            require_size(layout_of(GREY), *size)


def test_so_is_a_shape():
    assert require_shape(layout_of(COLOUR), COLOUR) is COLOUR
    for pixels in (GREY[1:], GREY.T, COLOUR, GREY[..., None]):
        with pytest.raises(BadPixels):
            require_shape(layout_of(GREY), pixels)


def hill(sides, height):
    """Give a smooth bone on dark ground, in which few neighbours cross a multiple of 1,024."""
    x = np.arange(sides)[None]
    noise = np.random.default_rng(3).normal(0, 3, (sides, sides))
    return np.clip(200 + height * np.exp(-(((x - sides / 2) / 90) ** 2)) + noise, 0, 4095).astype(np.uint16)


@pytest.mark.parametrize("height", [1600, 3000])
def test_a_smooth_picture_that_goes_on_above_bits_stored_is_shown_whole(height):
    """Break it: ask for five of a thousand neighbours that differ by a turn, and not for one."""
    pixels = hill(800, height)
    counting = counting_bits(pixels, layout_of(pixels, BitsStored=10, HighBit=9), 16)

    assert counting.bits_stored == int(pixels.max()).bit_length()
    assert counting.warnings == ("bits_stored_contradicts",)


@pytest.mark.parametrize("overlay", ["text", "half", "rubbish"])
def test_what_stands_above_a_smooth_picture_is_none_of_it(overlay):
    pixels = hill(800, 700)
    above = np.zeros_like(pixels)
    if overlay == "half":
        above[:, :400] = 1
    elif overlay == "text":
        above[100:160:9, 100:300:7] = 1
    else:
        above[:] = np.random.default_rng(4).integers(0, 64, above.shape)
    layout = layout_of(pixels, BitsStored=10, HighBit=9)

    assert counting_bits(pixels | above << 10, layout, 16)[:2] == (10, 9)


@pytest.mark.parametrize(
    ("precision", "is_exact", "expected"),
    [
        (16, True, (12, 11)),  # rubbish or an overlay beside the picture
        (12, True, (12, 11)),
        (10, True, (10, 9)),  # a codestream of fewer bits is believed
        (16, False, (16, 15)),
    ],
)
def test_the_bits_that_count(precision, is_exact, expected):
    layout = layout_of(GREY, BitsStored=12, HighBit=11)
    counting = counting_bits(GREY & 0x0FFF, layout, precision, is_exact=is_exact)
    assert (counting.bits_stored, counting.high_bit) == expected
