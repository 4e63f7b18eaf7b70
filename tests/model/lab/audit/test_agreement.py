"""Two pictures on each other, by their numbers; which copies are found by it: `test_copies`."""

import numpy as np
import pytest

from model.lab.audit.agreement import SAME, SAME_DETAIL, Agreement, agreement
from tests.support.radiographs import radiograph

PICTURE = radiograph(1, 224, 224)
EVERYWHERE = np.ones(PICTURE.shape, np.bool_)


@pytest.mark.parametrize(
    "other",
    [PICTURE, 255 - PICTURE, (255 * (PICTURE / 255.0) ** 0.5).astype(np.uint8)],
    ids=["itself", "inverted", "another tone curve"],
)
def test_another_display_of_a_picture_is_the_same(other):
    found = agreement(PICTURE, other, EVERYWHERE)

    assert found.correlation > 0.99
    assert found.is_same


def test_another_radiograph_is_not():
    assert not agreement(PICTURE, radiograph(2, 224, 224), EVERYWHERE).is_same


def test_only_the_overlap_counts():
    half = EVERYWHERE.copy()
    half[:, 112:] = False
    other = PICTURE.copy()
    other[:, 130:] = radiograph(2, 224, 224)[:, 130:]

    assert agreement(PICTURE, other, half).is_same
    assert not agreement(PICTURE, other, EVERYWHERE).is_same
    assert agreement(PICTURE, other, np.zeros_like(half)) == Agreement(0.0, 0.0)


def test_outline_alone_is_not_enough():
    assert Agreement(SAME, SAME_DETAIL).is_same
    assert not Agreement(1.0, SAME_DETAIL - 0.01).is_same
    assert not Agreement(SAME - 0.01, 1.0).is_same


def test_a_constant_picture_agrees_with_nothing():
    assert agreement(np.full_like(PICTURE, 9), PICTURE, EVERYWHERE) == Agreement(0.0, 0.0)
