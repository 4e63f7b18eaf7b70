import numpy as np
import pytest

from model.errors import BadHeader, TooLarge
from model.reading.decoders.layout import PixelLayout
from model.reading.limits import Limits
from tests.support.dicom_files import image

GREY = np.zeros((4, 6), np.uint16)
COLOUR = np.zeros((4, 6, 3), np.uint8)


def read(pixels, limits=Limits(), keyword="PixelData", **elements):  # noqa: B008
    return PixelLayout.from_dataset(image(pixels, **elements), keyword, limits)


def test_a_grey_picture_is_described():
    layout = read(GREY, BitsStored=12, HighBit=11)

    assert (layout.rows, layout.columns, layout.frames, layout.samples) == (4, 6, 1, 1)
    assert (layout.bits_allocated, layout.bits_stored, layout.high_bit) == (16, 12, 11)
    assert {False} == {layout.is_signed, layout.is_float, layout.is_planar, layout.has_monochrome_guessed}
    assert layout.frame_bits == 4 * 6 * 16


def test_a_colour_picture_is_described():
    layout = read(COLOUR, PlanarConfiguration=1)

    assert (layout.samples, layout.is_planar) == (3, True)
    assert layout.frame_bits == 4 * 6 * 24
    assert read(COLOUR, PhotometricInterpretation="YBR_FULL_422").frame_bits == 4 * 6 * 16


def test_old_pictures_say_nothing_of_monochrome():
    layout = read(GREY, PhotometricInterpretation=None, SamplesPerPixel=None, HighBit=None, BitsStored=None)

    assert (layout.photometric_interpretation, layout.has_monochrome_guessed) == ("MONOCHROME2", True)
    assert (layout.bits_stored, layout.high_bit) == (16, 15)


def test_floating_point_pictures_have_the_bits_of_their_keyword():
    layout = read(GREY, keyword="DoubleFloatPixelData", BitsAllocated=None, BitsStored=None, HighBit=None)

    assert (layout.is_float, layout.bits_allocated) == (True, 64)


@pytest.mark.parametrize(
    "elements",
    [
        {"Rows": None},
        {"Columns": 0},
        {"Rows": 0},
        {"BitsAllocated": None},
        {"BitsAllocated": 12},
        {"BitsStored": 17},
        {"BitsStored": 0},
        {"HighBit": 16},
        {"BitsStored": 12, "HighBit": 10},
        {"SamplesPerPixel": 2},
        {"SamplesPerPixel": 4},
        {"PhotometricInterpretation": "RGB"},
        {"PhotometricInterpretation": "HSV"},
        {"SamplesPerPixel": 3},
        {"SamplesPerPixel": 3, "PhotometricInterpretation": None},
        {"Rows": [3, 4]},
        {"NumberOfFrames": "-1"},
    ],
)
def test_a_header_that_describes_no_picture_is_bad(elements):
    with pytest.raises(BadHeader):
        read(GREY, **elements)


@pytest.mark.parametrize("elements", [{"Rows": 65535, "Columns": 65535}, {"NumberOfFrames": "9999"}])
def test_a_size_beyond_reason_is_refused(elements):
    with pytest.raises(TooLarge):
        read(GREY, **elements)
