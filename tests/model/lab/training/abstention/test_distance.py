"""Which of two ways knows what is strange to a network, and on what; each by itself: `test_fit`."""

from types import SimpleNamespace

import numpy as np
import pytest

from model.decisions.abstention import Abstention
from model.lab.training.train_settings import TrainSettings
from tests.support.labelled import labelled
from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = USES_TENSORFLOW

EXAMPLES, INPUTS = labelled(20, 0)


@pytest.fixture(scope="module", autouse=True)
def late(tensorflow_on_all_cores):
    """Import what needs TensorFlow in the process of its tests, not wherever they are collected."""
    global distances_of, fit_judge
    from model.lab.training.abstention.distance import distances_of, fit_judge


class Features:
    """A network whose features are means of the quarters of a picture; it notes what it is given."""

    def __init__(self):
        self.seen = []

    def outputs(self, inputs):
        self.seen.append(inputs)
        quarters = inputs.reshape(len(inputs), 2, 112, 2, 112).mean(axis=(2, 4)) / 65535
        return {"features": quarters.reshape(len(inputs), 4).astype(np.float32)}


@pytest.fixture
def material():
    return SimpleNamespace(examples=EXAMPLES, inputs=INPUTS)


@pytest.fixture
def settings(tmp_path):
    return TrainSettings(tmp_path, None, tmp_path, view="no-centre")


def test_where_no_release_comes_of_it_the_features_of_what_was_learned_from_decide(material, settings):
    learned = Features()
    judge = fit_judge(material, learned, [7, 3, 11, 1, 2, 5], settings)

    assert isinstance(judge, Abstention)
    np.testing.assert_array_equal(learned.seen[0], INPUTS[[1, 2, 3, 5, 7, 11]])


def test_distances_come_in_the_order_of_the_rows_and_what_is_unlike_is_far(material, settings):
    learned = Features()
    judge = fit_judge(material, learned, range(20), settings)
    material.inputs = np.concatenate([INPUTS, np.full((1, 224, 224), 65535, np.uint16)])
    found = distances_of(judge, material, learned, [20, 4, 9])

    assert found.shape == (3,)
    assert found[0] > 3 * max(found[1:])
    np.testing.assert_allclose(found[1:], distances_of(judge, material, learned, [4, 9]))
