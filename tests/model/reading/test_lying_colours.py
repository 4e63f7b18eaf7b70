"""Labels of colours that lie: the picture that a viewer shows, and a warning.

Each test makes its own files. Break one: take the rule that its docstring names out of the code.
"""

import struct

import imagecodecs
import numpy as np
import pytest
from pydicom.uid import (
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from tests.support.dicom_files import encapsulated, native, rle
from tests.support.lying import EXPECTED_8, RGB, YBR, greys, shown


@pytest.mark.parametrize("label", ["RGB", "YBR_FULL", "YBR_FULL_422"])
@pytest.mark.parametrize("subsampling", [None, "420", "422"])
def test_colours_of_a_jpeg_are_what_the_stream_says(label, subsampling):
    """`FrameHeader.is_ycbcr`: JFIF, and sampling factors, before the label."""
    frame = imagecodecs.jpeg8_encode(RGB, level=98, subsampling=subsampling)
    found, warnings = shown(encapsulated(RGB, [frame], JPEGBaseline8Bit, PhotometricInterpretation=label))

    assert greys(EXPECTED_8, found) < 2
    assert ("colour_label_contradicts" in warnings) == (label == "RGB")


def test_components_named_rgb_are_rgb():
    frame = bytearray(imagecodecs.jpeg8_encode(RGB, level=98, colorspace="RGB", outcolorspace="RGB"))
    adobe = frame.find(b"\xff\xee")
    length = struct.unpack_from(">H", frame, adobe + 2)[0]
    del frame[adobe : adobe + 2 + length]
    for mark in (b"\xff\xc0", b"\xff\xda"):  # name the components R, G and B
        at = frame.find(mark) + (10 if mark == b"\xff\xc0" else 5)
        step = 3 if mark == b"\xff\xc0" else 2
        frame[at : at + 3 * step : step] = b"RGB"
    label = {"PhotometricInterpretation": "YBR_FULL"}
    found, warnings = shown(encapsulated(RGB, [bytes(frame)], JPEGBaseline8Bit, **label))

    assert greys(EXPECTED_8, found) < 2
    assert "colour_label_contradicts" in warnings


@pytest.mark.parametrize("syntax", ["native", RLELossless, JPEGLSLossless])
@pytest.mark.parametrize(("pixels", "label"), [(YBR, "RGB"), (RGB, "YBR_FULL")])
def test_colours_without_a_stream_are_what_they_can_be(syntax, pixels, label):
    """`plausible_label`: a grey picture's chroma lies in the middle; black is no YCbCr."""
    options = {"PhotometricInterpretation": label}
    if syntax == "native":
        data = native(pixels, **options)
    else:
        frame = rle(pixels) if syntax == RLELossless else imagecodecs.jpegls_encode(pixels)
        data = encapsulated(pixels, [frame], syntax, **options)
    found, warnings = shown(data)

    assert greys(EXPECTED_8, found) < 1
    assert "colour_label_contradicts" in warnings


@pytest.mark.parametrize(("pixels", "label"), [(RGB, "RGB"), (YBR, "YBR_FULL")])
def test_sound_colours_are_not_doubted(pixels, label):
    assert shown(native(pixels, PhotometricInterpretation=label))[1] == set()


def test_a_grey_rgb_picture_of_one_value_is_not_called_ybr():
    assert shown(native(np.full((9, 8, 3), 128, np.uint8)))[1] <= {"constant_picture"}


@pytest.mark.parametrize("label", ["YBR_FULL_422", "YBR_PARTIAL_422"])
@pytest.mark.parametrize("columns", [48, 47])
def test_whole_samples_under_a_label_of_shared_ones(label, columns):
    """`_by_length`: three whole samples a pixel."""
    pixels = YBR[:, :columns]
    found, warnings = shown(native(pixels, PhotometricInterpretation=label))

    assert greys(EXPECTED_8[:, :columns], found) < 1
    assert "colour_sampling_contradicts" in warnings


@pytest.mark.parametrize("shift", [1, 2, 3])
def test_lossless_colour_with_a_point_transform_is_shifted_back(shift):
    """The stream holds the upper bits; what it shows has the brightness of the whole."""
    frame = bytearray(imagecodecs.jpeg8_encode(RGB >> shift, lossless=True, bitspersample=8 - shift))
    frame[frame.find(b"\xff\xc3") + 4] = 8  # P, of ITU-T T.81 B.2.2
    scan = frame.find(b"\xff\xda")
    frame[scan + 2 + struct.unpack_from(">H", frame, scan + 2)[0] - 1] |= shift  # Al, of B.2.3
    found, _ = shown(encapsulated(RGB, [bytes(frame)], JPEGLosslessSV1))

    assert greys(EXPECTED_8, found) < 1 << shift
