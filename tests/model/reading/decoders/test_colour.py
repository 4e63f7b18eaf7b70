"""What three samples a pixel are, by their values alone; that pictures are shown so: `test_lying_colours`."""

import numpy as np
import pytest

from model.reading.decoders.colour import plausible_label

RAMP = np.tile(np.arange(256, dtype=np.uint8), (32, 1))
MIDDLE = np.full_like(RAMP, 128)
GREY_AS_RGB = np.stack([RAMP] * 3, axis=-1)
GREY_AS_YBR = np.stack([RAMP, MIDDLE, MIDDLE], axis=-1)


@pytest.mark.parametrize(
    ("pixels", "label", "expected"),
    [
        (GREY_AS_RGB, "RGB", "RGB"),
        (GREY_AS_YBR, "RGB", "YBR_FULL"),
        (GREY_AS_YBR, "YBR_FULL", "YBR_FULL"),
        (GREY_AS_RGB, "YBR_FULL", "RGB"),
        (GREY_AS_RGB, "YBR_FULL_422", "RGB"),
        (GREY_AS_RGB, "YBR_RCT", "YBR_RCT"),
    ],
)
def test_a_label_is_doubted_only_where_the_values_cannot_be_what_it_says(pixels, label, expected):
    assert expected == plausible_label(pixels, label, 8)


def test_a_picture_of_one_grey_says_nothing_of_its_label():
    """Mid-grey RGB has chroma in the middle too: without a range of greys nothing is known."""
    assert plausible_label(np.full((8, 8, 3), 128, np.uint8), "RGB", 8) == "RGB"


def test_values_are_taken_by_the_bits_that_are_stored():
    """The same picture in 12 bits of 16: over all 16 its chroma would lie far below the middle."""
    twelve = GREY_AS_YBR.astype(np.uint16) << 4

    assert plausible_label(twelve, "RGB", 12) == "YBR_FULL"
    assert plausible_label(twelve, "RGB", 16) == "RGB"
