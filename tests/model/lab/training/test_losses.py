import numpy as np
import pytest

from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = USES_TENSORFLOW

MAP = np.full((2, 4, 4), -3.0, np.float32)
NOWHERE = np.zeros((2, 4, 4), np.float32)


@pytest.fixture(scope="module", autouse=True)
def late(tensorflow_on_all_cores):
    """Import what needs TensorFlow in the process of its tests, not wherever they are collected."""
    global cells_loss, region_loss
    from model.lab.training.losses import cells_loss, region_loss


def known(*values):
    return np.array(values, np.float32)


def test_pictures_whose_places_are_not_known_teach_nothing():
    one = float(cells_loss(MAP, NOWHERE, known(1, 1)))
    wrong = MAP.copy()
    wrong[1] = 9.0

    assert float(cells_loss(wrong, NOWHERE, known(1, 0))) == pytest.approx(one)
    assert float(cells_loss(wrong, NOWHERE, known(1, 1))) > one
    assert float(cells_loss(wrong, NOWHERE, known(0, 0))) == 0.0


def test_a_covered_cell_counts_as_fifteen():
    places = NOWHERE.copy()
    places[:, 0, 0] = 1.0

    given = float(cells_loss(np.zeros_like(MAP), places, known(1, 1)))

    assert given == pytest.approx(np.log(2.0) * (15 + 15) / 16, rel=1e-5)


def test_regions_that_are_not_known_teach_nothing():
    logits = np.array([[4.0, 0.0], [0.0, 9.0]], np.float32)

    assert float(region_loss(logits, np.array([0, -1]))) == pytest.approx(np.log1p(np.exp(-4.0)), rel=1e-4)
    assert float(region_loss(logits, np.array([-1, -1]))) == 0.0
