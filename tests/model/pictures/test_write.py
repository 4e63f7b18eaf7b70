import numpy as np
import pytest
from PIL import Image

from model.pictures.write import to_8_bit, write_jpeg, write_png
from model.reading.decode import Limits
from model.reading.prepare import open_pictures

PICTURE = np.random.default_rng(5).integers(0, 65536, (30, 40), dtype=np.uint16)


def test_a_deep_png_loses_nothing(tmp_path):
    write_png(PICTURE, tmp_path / "picture.png")
    (again,) = open_pictures((tmp_path / "picture.png").read_bytes(), Limits())

    np.testing.assert_array_equal(PICTURE, again)


def test_a_png_of_8_bits_is_the_nearest(tmp_path):
    write_png(PICTURE, tmp_path / "picture.png", bits=8)
    (again,) = open_pictures((tmp_path / "picture.png").read_bytes(), Limits())

    assert np.abs(PICTURE.astype(int) - again).max() <= 128
    with Image.open(tmp_path / "picture.png") as written:
        assert written.mode == "L"


def test_8_bits_and_back_are_the_same_8_bits():
    values = np.arange(256, dtype=np.uint16)[None] * 257

    np.testing.assert_array_equal(values // 257, to_8_bit(values))
    assert to_8_bit(np.array([[65535]], np.uint16)).max() == 255


def test_a_jpeg_is_nearly_the_picture(tmp_path):
    smooth = np.tile(np.linspace(0, 65535, 64), (64, 1)).astype(np.uint16)
    write_jpeg(smooth, tmp_path / "picture.jpg")
    (again,) = open_pictures((tmp_path / "picture.jpg").read_bytes(), Limits())

    assert np.abs(smooth.astype(int) - again).mean() < 600


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(OSError, match="absent"):
        write_png(PICTURE, tmp_path / "absent" / "picture.png")
