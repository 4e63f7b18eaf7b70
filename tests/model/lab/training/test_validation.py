import math
from dataclasses import replace

import numpy as np
import pytest

from model.classifier import to_network_input
from tests.support.labelled import labelled
from tests.support.scored import scored
from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = USES_TENSORFLOW


@pytest.fixture(scope="module", autouse=True)
def late(tensorflow_on_all_cores):
    """Import what needs TensorFlow in the process of its tests, not wherever they are collected."""
    global keras, Rule, figure_draws, usual_within, mean_votes, Validator, evidence
    import keras

    from model.lab.evaluation.figures import Rule, figure_draws, usual_within
    from model.lab.evaluation.sources import mean_votes
    from model.lab.training.validation import Validator, evidence


def judged(slope):
    """Validate a network whose logit is the mean brightness, with a slope."""
    examples, inputs = labelled(12, 0)
    picture = keras.Input((224, 224, 1))
    mean = keras.layers.GlobalAveragePooling2D()(picture)
    network = keras.Model(picture, {"logit": keras.layers.Rescaling(slope, offset=-slope / 3)(mean)})
    return Validator(network, inputs, examples).validate()


def test_a_network_too_sure_of_itself_is_no_worse():
    modest, sure = judged(20.0), judged(2000.0)

    assert modest[0] == pytest.approx(sure[0], abs=1e-3)
    assert modest[1] == sure[1] == 1.0


def test_the_wrong_way_round_is_ignorance():
    assert judged(-20.0) == (math.log(2.0), 0.0)


def test_the_evidence_of_two_sigmoids_is_their_difference():
    assert evidence(np.array([[1.0, 3.0]], np.float32)).tolist() == [2.0]
    assert evidence(np.array([[1.5]], np.float32)).tolist() == [1.5]


def test_the_auroc_is_the_one_that_evaluations_report():
    """Pairs of one provenance only, and of those provenances only that have enough of both labels."""
    examples, inputs = labelled(30, 0)
    examples = [replace(one, provenance="web" if n < 6 else "clinic") for n, one in enumerate(examples)]
    inputs = np.random.default_rng(1).permutation(inputs)
    picture = keras.Input((224, 224, 1))
    mean = keras.layers.GlobalAveragePooling2D()(picture)
    network = keras.Model(picture, {"logit": keras.layers.Rescaling(20.0)(mean)})
    sources = mean_votes(
        scored(examples, evidence(network.predict(to_network_input(inputs), verbose=0)["logit"]))
    )
    rule = Rule(0.5, usual_within(sources))

    expected = figure_draws(sources, np.ones((1, len(sources.names))), rule)["within_auroc"][0]

    assert rule.within == ("clinic",)
    assert 0.0 < expected < 1.0
    assert Validator(network, inputs, examples).validate()[1] == pytest.approx(expected)
