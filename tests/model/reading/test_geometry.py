"""Stretching and covering, on arrays; what elements of a file lead to them: `test_lying_geometry`."""

import numpy as np
import pytest

from model.reading import geometry
from model.reading.display import Shutter
from model.reading.geometry import at_true_aspect, cover, has_square_pixels

WHITE = np.full((20, 30), 65535, np.uint16)


@pytest.mark.parametrize(
    ("aspect", "is_square"), [(1.0, True), (1.009, True), (0.991, True), (1.02, False), (0.5, False)]
)
def test_square_pixels_are_square_but_for_rounding(aspect, is_square):
    assert has_square_pixels(aspect) == is_square


@pytest.mark.parametrize(("aspect", "shape"), [(2.0, (40, 30)), (0.5, (20, 60)), (1.001, (20, 30))])
def test_a_picture_grows_along_the_long_side_of_its_pixels(aspect, shape):
    stretched = at_true_aspect(WHITE, aspect)

    assert stretched.shape == shape
    assert stretched.dtype == np.uint16
    assert (stretched == 65535).all()


@pytest.mark.parametrize(("aspect", "shape"), [(2.0, (20, 15)), (0.5, (10, 30))])
def test_a_picture_that_would_be_too_large_shrinks_along_the_other_side(aspect, shape, monkeypatch):
    monkeypatch.setattr(geometry, "_MOST_PIXELS", 1000)

    assert at_true_aspect(WHITE, aspect).shape == shape


@pytest.mark.parametrize(
    ("shutter", "seen"),
    [
        ({"rectangle": (2, 4, 5, 9)}, 3 * 5),
        ({"circle": (10, 10, 1)}, 5),  # the centre and its four neighbours
        ({"polygon": ((0, 0), (0, 3), (3, 3), (3, 0))}, 16),
        ({"rectangle": (0, 19, 0, 29), "circle": (10, 10, 1)}, 5),  # both must show it
        ({}, 600),
    ],
)
def test_what_lies_outside_of_any_part_is_black(shutter, seen):
    covered = cover(WHITE, Shutter(WHITE.shape, **shutter))

    assert (covered == 65535).sum() == seen
    assert (covered == 0).sum() == WHITE.size - seen


def test_a_shutter_is_reduced_with_its_picture():
    """Measured in a picture of twice the size: the first ten rows are the first five."""
    covered = cover(WHITE, Shutter((40, 60), rectangle=(0, 9, 0, 59)))

    assert (covered[:5] == 65535).all()
    assert (covered[5:] == 0).all()
