"""The head that says where: shapes, and the arithmetic from cells to one logit."""

import math

import numpy as np
import pytest

from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = USES_TENSORFLOW


@pytest.fixture(scope="module", autouse=True)
def late(tensorflow_on_all_cores):
    """Import what needs TensorFlow in the process of its tests, not wherever they are collected."""
    global keras, AnyPlace, build_place_head
    import keras

    from model.place_head import AnyPlace, build_place_head


@pytest.fixture(scope="module")
def head():
    keras.utils.set_random_seed(1)
    return build_place_head((14, 14, 24), (7, 7, 40))


def outputs(head, seed):
    rng = np.random.default_rng(seed)
    maps = [rng.normal(size=(3, *shape)).astype(np.float32) for shape in ((14, 14, 24), (7, 7, 40))]
    return maps, {name: value.numpy() for name, value in head(maps).items()}


def test_the_map_has_the_cells_of_the_fine_maps(head):
    _, found = outputs(head, 0)

    assert found["heat_map"].shape == (3, 14, 14)
    assert found["place_logit"].shape == (3, 1)


def test_odds_of_cells_add_up():
    layer = AnyPlace()
    cells = np.full((1, 2, 2), math.log(0.25), np.float32)

    assert float(layer(cells)[0, 0] - layer.bias[0]) == pytest.approx(math.log(4 * 0.25), abs=1e-6)


def test_one_cell_is_enough_and_before_training_each_is_rare(head):
    _, found = outputs(head, 1)
    layer = AnyPlace()
    lone = np.full((1, 14, 14), -20.0, np.float32)
    lone[0, 3, 4] = 6.0

    assert float(layer(lone)[0, 0] - layer.bias[0]) == pytest.approx(6.0, abs=1e-3)
    assert float(layer.bias[0]) == -4.0
    assert found["heat_map"].mean() < -2.0


def test_the_maps_are_read_where_they_lie(head):
    """A change in one corner of both maps leaves the opposite corner as it is."""
    (fine, coarse), before = outputs(head, 2)
    fine[:, :2, :2] += 5.0
    coarse[:, 0, 0] += 5.0
    after = head([fine, coarse])["heat_map"].numpy()

    assert np.abs(after[:, 10:, 10:] - before["heat_map"][:, 10:, 10:]).max() == 0.0
    assert np.abs(after[:, :2, :2] - before["heat_map"][:, :2, :2]).max() > 0.01
