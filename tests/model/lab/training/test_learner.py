"""What is known of a fitted network; that fitting learns and resumes: `test_fit` and `test_train`."""

import math

import numpy as np
import pytest

from tests.support.labelled import labelled, tiny_network
from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = USES_TENSORFLOW


@pytest.fixture(scope="module", autouse=True)
def late(tensorflow_on_all_cores):
    """Import what needs TensorFlow in the process of its tests, not wherever they are collected."""
    global Validation, Learned
    from model.lab.training.fit import Validation
    from model.lab.training.learner import Learned


def look(step, *, best):
    facts = {"val_loss": 0.5, "val_auroc": 0.5}
    known = {name: facts.get(name, math.nan) for name in Validation.__dataclass_fields__}
    return Validation(**(known | {"step": step, "best": best}))


def test_the_step_that_was_kept_is_the_last_that_was_best():
    validations = tuple(look(step, best=step in (10, 30)) for step in (10, 20, 30, 40))

    assert Learned(tiny_network(), validations).best_step == 30


def test_the_digest_is_of_every_weight():
    network = tiny_network()
    learned = Learned(network, ())
    before = learned.weights_digest()

    assert learned.weights_digest() == before
    weight = network.weights[-1]
    weight.assign(weight.numpy() + 1)
    assert learned.weights_digest() != before
    assert Learned(tiny_network(seed=2), ()).weights_digest() != before


def test_outputs_come_picture_by_picture_whatever_the_batch():
    learned = Learned(tiny_network(), ())
    _, inputs = labelled(40, 0)
    inputs = np.ascontiguousarray(inputs[:, ::7, ::7])
    together = learned.outputs(inputs)

    assert together["logit"].shape == (40, 1)
    for name, values in learned.outputs(inputs[33:35]).items():
        assert values == pytest.approx(together[name][33:35], abs=1e-4)
