import struct

import numpy as np
import pytest
from PIL import Image, ImageOps

from model.reading.decoders.orientation import exif_orientation, upright

PIXELS = np.arange(6, dtype=np.uint8).reshape(2, 3)


def block(orientation, order="<"):
    """Write an EXIF block of one element by the letter."""
    mark = b"II" if order == "<" else b"MM"
    return struct.pack(f"{order}2sHLHHHLHHL", mark, 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("prefix", [b"", b"Exif\x00\x00"])
def test_the_orientation_is_read(order, prefix):
    assert [exif_orientation(prefix + block(n, order)) for n in range(1, 9)] == [*range(1, 9)]


@pytest.mark.parametrize("exif", [b"", b"II", block(0), block(9), block(6)[:-8], b"\xff" * 40])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_says_nothing_is_upright(exif):
    assert exif_orientation(exif) == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pillow_turns_the_same_way(orientation):
    picture, exif = Image.fromarray(PIXELS), Image.Exif()
    exif[0x0112] = orientation
    picture.info["exif"] = exif.tobytes()

    np.testing.assert_array_equal(np.asarray(ImageOps.exif_transpose(picture)), upright(PIXELS, orientation))


def test_colours_are_turned_as_grey_is():
    colours = np.stack([PIXELS] * 3, -1)

    for orientation in range(1, 9):
        np.testing.assert_array_equal(upright(PIXELS, orientation), upright(colours, orientation)[..., 2])
