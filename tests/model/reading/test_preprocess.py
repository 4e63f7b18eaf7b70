import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.reading.network_input import INPUT_SIZE
from model.reading.preprocess import Letterbox, letterbox, preprocess


@pytest.mark.parametrize(
    ("rows", "columns", "box"),
    [
        (224, 224, Letterbox(1.0, 0, 0, 224, 224)),
        (448, 224, Letterbox(0.5, 0, 56, 224, 112)),
        (112, 224, Letterbox(1.0, 56, 0, 112, 224)),
        (1, 5000, Letterbox(224 / 5000, 111, 0, 1, 224)),
        (1, 1, Letterbox(224.0, 0, 0, 224, 224)),
    ],
)
def test_the_box_is_centred_and_keeps_the_aspect(rows, columns, box):
    assert box == letterbox(rows, columns)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 100_000), st.integers(1, 100_000), st.integers(1, 5_000) | st.just(INPUT_SIZE))
def test_the_box_lies_within_the_square_and_fills_it_one_way(rows, columns, size):
    box = letterbox(rows, columns, size)

    assert max(box.height, box.width) == size
    assert 0 <= box.top <= size - box.height
    assert 0 <= box.left <= size - box.width
    assert abs(box.height - rows * box.scale) <= 1 or box.height == 1


def test_shrinking_averages_areas():
    picture = np.random.default_rng(0).integers(0, 65536, (INPUT_SIZE * 3, INPUT_SIZE * 3), dtype=np.uint16)
    means = picture.reshape(INPUT_SIZE, 3, INPUT_SIZE, 3).mean((1, 3))

    assert np.abs(preprocess(picture) - means).max() <= 1


def test_enlarging_interpolates():
    ramp = np.array([[0, 65535]], np.uint16)
    shown = preprocess(ramp)[INPUT_SIZE // 2]

    assert (np.diff(shown.astype(int)) >= 0).all()
    assert len(np.unique(shown)) > 100


def test_around_the_picture_is_black():
    square = preprocess(np.full((100, 50), 65535, np.uint16))

    assert {0} == set(square[:, :56].ravel().tolist()) == set(square[:, 168:].ravel().tolist())
    assert {65535} == set(square[:, 56:168].ravel().tolist())


@pytest.mark.parametrize("shape", [(1, 1), (1, 3_000_000), (40_000, 3), (2, 2), (5000, 4000), (225, 224)])
def test_any_shape_becomes_the_input(shape):
    square = preprocess(np.full(shape, 1000, np.uint16))

    assert ((INPUT_SIZE, INPUT_SIZE), np.uint16, 1000) == (square.shape, square.dtype, square.max())


@settings(max_examples=30, deadline=None)
@given(st.integers(1344, 6000), st.integers(1, 900), st.integers(0, 2**32 - 1), st.sampled_from([1, 65535]))
def test_large_pictures_are_averaged_as_by_float64(rows, columns, seed, most):
    picture = np.random.default_rng(seed).integers(0, most, (rows, columns), dtype=np.uint16, endpoint=True)
    picture[:, columns // 2 :] = 65535  # nothing may wrap around
    box = letterbox(rows, columns)
    exact = cv2.resize(picture.astype(float), (box.width, box.height), interpolation=cv2.INTER_AREA)

    square = preprocess(picture)

    given_ = square[box.top : box.top + box.height, box.left : box.left + box.width]
    assert np.abs(given_ - exact).max() < 1
