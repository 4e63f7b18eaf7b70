"""Pixels that are not square, and shutters: the shape and the part of the picture that a viewer shows."""

import io
import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from tests.support.dicom_files import native
from tests.support.lying import EXPECTED, GREY, PICTURE, WHOLE_RANGE, greys, shown


@pytest.mark.parametrize(
    "elements",
    [
        {"PixelAspectRatio": [2, 1]},
        {"PixelSpacing": [0.4, 0.2]},
        {"ImagerPixelSpacing": [0.4, 0.2]},
        {"NominalScannedPixelSpacing": [0.4, 0.2]},
        {"PixelSpacing": [0.4, 0.2], "ImagerPixelSpacing": [0.1, 0.9]},
    ],
)
def test_pixels_that_are_not_square_are_shown_at_their_aspect(elements):
    found, warnings = shown(native(PICTURE[::2], **WHOLE_RANGE, **elements))

    assert found.shape == EXPECTED.shape
    assert greys(EXPECTED, found) < 9
    assert warnings == {"pixels_not_square"}


@pytest.mark.parametrize("spacing", [[0.148, 0.1480001], [0, 0.2], [1, 4000], ["0.2"]])
def test_square_pixels_and_spacings_beyond_belief_stretch_nothing(spacing):
    assert shown(native(PICTURE, PixelSpacing=spacing, **WHOLE_RANGE))[0].shape == PICTURE.shape


@pytest.mark.parametrize("density", [(200, 100), (2, 1)])
def test_a_jpeg_file_of_two_densities_is_stretched(density):
    frame = bytearray(imagecodecs.jpeg8_encode(GREY[::2], level=98))
    at = frame.find(b"JFIF\x00")
    frame[at + 7] = 0
    frame[at + 8 : at + 12] = struct.pack(">HH", *density)

    assert shown(bytes(frame))[0].shape == GREY.shape


def with_densities(across, down):
    """Give every second row of a picture as a PNG of so many pixels a metre."""
    data = imagecodecs.png_encode(GREY[::2])
    physical = struct.pack(">LLB", across, down, 1)
    chunk = struct.pack(">L", 9) + b"pHYs" + physical
    chunk += struct.pack(">L", zlib.crc32(b"pHYs" + physical))
    return data[:33] + chunk + data[33:]


def test_a_png_file_of_two_densities_is_stretched():
    found, warnings = shown(with_densities(2000, 1000))

    assert found.shape == GREY.shape
    assert warnings == {"pixels_not_square"}


def test_densities_of_a_picture_file_beyond_belief_are_left_out_with_a_warning():
    found, warnings = shown(with_densities(20000, 1000))
    buffer = io.BytesIO()
    Image.fromarray(GREY[::2]).save(buffer, "JPEG", dpi=(2000, 100))

    assert found.shape == GREY[::2].shape
    assert warnings == {"pixel_aspect_ignored"}
    assert shown(buffer.getvalue())[1] == {"pixel_aspect_ignored"}


@pytest.mark.parametrize(
    ("elements", "inside", "outside"),
    [
        (
            {
                "ShutterShape": "RECTANGULAR",
                "ShutterLeftVerticalEdge": 11,
                "ShutterRightVerticalEdge": 30,
                "ShutterUpperHorizontalEdge": 6,
                "ShutterLowerHorizontalEdge": 50,
            },
            [(5, 10), (49, 29)],
            [(4, 10), (50, 29), (5, 9), (49, 30)],
        ),
        (
            {"ShutterShape": "CIRCULAR", "CenterOfCircularShutter": [32, 24], "RadiusOfCircularShutter": 10},
            [(31, 23), (31, 33), (21, 23)],
            [(31, 34), (20, 23), (0, 0)],
        ),
        (
            {"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": [11, 11, 11, 41, 51, 11]},
            [(11, 12), (20, 15)],
            [(50, 40), (5, 5)],
        ),
    ],
    ids=["rectangle", "circle", "polygon"],
)
def test_what_a_shutter_hides_is_black(elements, inside, outside):
    found, _ = shown(native(PICTURE | 1, **WHOLE_RANGE, **elements))

    assert all(found[place] for place in inside)
    assert not any(found[place] for place in outside)


@pytest.mark.parametrize(
    "elements",
    [
        {"ShutterShape": "RECTANGULAR"},
        {"ShutterShape": "CIRCULAR", "CenterOfCircularShutter": [900, 900], "RadiusOfCircularShutter": 10},
        {"ShutterShape": "CIRCULAR", "CenterOfCircularShutter": [32, 24], "RadiusOfCircularShutter": 0},
        {"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": [200, 200, 200, 300, 300, 200]},
        {"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": [1, 1, 30, 30]},
    ],
)
def test_a_shutter_without_sense_hides_nothing(elements):
    found, warnings = shown(native(PICTURE, **WHOLE_RANGE, **elements))

    np.testing.assert_array_equal(EXPECTED, found)
    assert warnings == {"shutter_ignored"}
