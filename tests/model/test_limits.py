import numpy as np
import pytest

from model.decoders.layout import PixelLayout
from model.errors import TooLarge
from model.limits import Limits
from tests.support.dicom_files import image

GREY = np.zeros((4, 6), np.uint16)


def read(pixels, limits, **elements):
    return PixelLayout.from_dataset(image(pixels, **elements), "PixelData", limits)


def test_all_frames_together_have_a_limit():
    limits = Limits(max_pixels_per_scan=48)

    read(GREY, limits, NumberOfFrames=2)
    with pytest.raises(TooLarge, match="in all"):
        read(GREY, limits, NumberOfFrames=3)


def test_the_limits_are_the_last_that_pass():
    limits = Limits(max_pixels_per_frame=24, max_frames=2)

    assert limits.max_pixels_per_frame == 24
    read(GREY, limits, NumberOfFrames=2)
    with pytest.raises(TooLarge):
        read(GREY, limits, NumberOfFrames=3)
    with pytest.raises(TooLarge):
        read(np.zeros((5, 5), np.uint8), limits)
