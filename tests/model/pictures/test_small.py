import io

import cv2
import numpy as np
import pytest
from PIL import Image

from model.pictures.small import PREVIEW_SIDE, THUMBNAIL_SIDE, encode_jpeg, shrink, small_pictures


def opened(content):
    picture = Image.open(io.BytesIO(content))
    assert (picture.format, picture.mode) == ("JPEG", "L")
    return np.asarray(picture)


def smooth(rows, columns):
    """Waves that no size of ours can alias, over the whole range."""
    y, x = np.mgrid[0:rows, 0:columns]
    waves = np.sin(4 * np.pi * x / columns) + np.cos(6 * np.pi * y / rows)
    return np.rint((waves + 2) / 4 * 65535).astype(np.uint16)


@pytest.mark.parametrize(
    ("shape", "preview", "thumbnail"),
    [
        ((2500, 2048), (1024, 839), (256, 210)),
        ((1000, 4281), (239, 1024), (60, 256)),
        ((1024, 1024), (1024, 1024), (256, 256)),
        ((300, 200), (300, 200), (256, 171)),
        ((96, 80), (96, 80), (96, 80)),
        ((1, 1), (1, 1), (1, 1)),
        ((1, 5000), (1, 1024), (1, 256)),
        ((9000, 2), (1024, 1), (256, 1)),
    ],
)
def test_the_longer_side_has_its_size_and_nothing_is_enlarged(shape, preview, thumbnail):
    both = small_pictures(np.full(shape, 257 * 90, np.uint16))

    assert both is not None
    assert [opened(one).shape for one in both] == [preview, thumbnail]
    assert all(np.abs(opened(one).astype(int) - 90).max() <= 1 for one in both)


@pytest.mark.parametrize("shape", [(2500, 2048), (4280, 3520), (2047, 1500), (1025, 800)])
@pytest.mark.parametrize("side", [PREVIEW_SIDE, THUMBNAIL_SIDE])
def test_it_is_the_picture_as_an_average_over_areas_gives_it(shape, side):
    picture = smooth(*shape)
    small = shrink(picture, side)
    rows, columns = small.shape
    exact = cv2.resize(picture.astype(np.float64), (columns, rows), interpolation=cv2.INTER_AREA) / 257

    assert np.abs(small - exact).mean() < 1
    assert np.abs(small - exact).max() < 4


def test_noise_is_averaged_and_not_picked_from():
    """Break it: interpolate from the full size. A thumbnail of a noisy film is noise then."""
    noise = np.random.default_rng(3).integers(0, 65536, (2400, 2400), dtype=np.uint16)

    assert shrink(noise, THUMBNAIL_SIDE).std() < 75 / 5


def test_8_bits_are_the_nearest():
    values = np.array([[0, 128, 129, 257 * 100 + 128, 257 * 100 + 129, 65535]], np.uint16)

    assert shrink(values, 8).tolist() == [[0, 0, 1, 100, 101, 255]]


def test_a_jpeg_is_nearly_the_picture():
    picture = shrink(smooth(900, 700), PREVIEW_SIDE)

    assert np.abs(opened(encode_jpeg(picture)).astype(int) - picture).mean() < 2


def test_what_cannot_be_made_is_none(monkeypatch):
    def refuse(*_arguments, **_options):
        raise cv2.error("Insufficient memory")

    monkeypatch.setattr(cv2, "imencode", refuse)
    assert small_pictures(smooth(20, 20)) is None
