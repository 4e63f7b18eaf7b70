import math

import numpy as np
import pytest

from tests.support.labelled import labelled
from tests.support.tensorflow import USES_TENSORFLOW, import_tensorflow

pytestmark = USES_TENSORFLOW
import_tensorflow()

import keras  # noqa: E402 # needs TensorFlow

from model.lab.training.validation import Judge, evidence  # noqa: E402 # needs TensorFlow


def judged(slope):
    """Judge a network whose logit is the mean brightness, with a slope."""
    examples, inputs = labelled(12, 0)
    picture = keras.Input((224, 224, 1))
    mean = keras.layers.GlobalAveragePooling2D()(picture)
    network = keras.Model(picture, {"logit": keras.layers.Rescaling(slope, offset=-slope / 3)(mean)})
    return Judge(network, inputs[..., None] / 65535.0, examples).judge()


def test_a_network_too_sure_of_itself_is_no_worse():
    modest, sure = judged(20.0), judged(2000.0)

    assert modest[0] == pytest.approx(sure[0], abs=1e-3)
    assert modest[1] == sure[1] == 1.0


def test_the_wrong_way_round_is_ignorance():
    assert judged(-20.0) == (math.log(2.0), 0.0)


def test_the_evidence_of_two_sigmoids_is_their_difference():
    assert evidence(np.array([[1.0, 3.0]], np.float32)).tolist() == [2.0]
    assert evidence(np.array([[1.5]], np.float32)).tolist() == [1.5]
