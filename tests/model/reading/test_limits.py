import numpy as np
import pytest

from model.errors import TooLarge
from model.reading.decoders.layout import PixelLayout
from model.reading.limits import Limits
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


def test_larger_limits_may_take_what_smaller_ones_refused():
    small, large = Limits(24, 2, 48, 100), Limits(30, 2, 60, 200)

    assert large.may_take(TooLarge(size=(5, 6, 2)))
    assert not large.may_take(TooLarge(size=(5, 6, 3)))
    assert not large.may_take(TooLarge(size=(5, 7, 1)))
    assert not small.may_take(TooLarge(size=(5, 6, 2)))
    assert large.may_take(TooLarge(inflated_bytes=200))
    assert not large.may_take(TooLarge(inflated_bytes=201))
    assert not large.may_take(TooLarge("what no limit can change"))
