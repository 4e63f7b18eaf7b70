import math

import numpy as np
import pytest

from tests.support.labelled import labelled
from tests.support.tensorflow import USES_TENSORFLOW, import_tensorflow

pytestmark = USES_TENSORFLOW
import_tensorflow()

import keras  # noqa: E402 # needs TensorFlow

from model.training.judge import Average, Judge, evidence  # noqa: E402 # needs TensorFlow


def brightness(slope):
    """Give a network whose logit is the mean brightness, with a slope."""
    picture = keras.Input((224, 224, 1))
    mean = keras.layers.GlobalAveragePooling2D()(picture)
    return keras.Model(picture, {"logit": keras.layers.Rescaling(slope, offset=-slope / 3)(mean)})


def test_a_network_too_sure_of_itself_is_no_worse():
    pictures = labelled(12, 0)

    modest, sure = (Judge(brightness(slope), pictures).judge() for slope in (20.0, 2000.0))

    assert modest[0] == pytest.approx(sure[0], abs=1e-3)
    assert modest[1] == sure[1] == 1.0


def test_the_wrong_way_round_is_ignorance():
    loss, auroc = Judge(brightness(-20.0), labelled(12, 0)).judge()

    assert loss == math.log(2.0)
    assert auroc == 0.0


def test_the_average_follows_and_goes_away_again():
    variable = keras.Variable(np.zeros(2, np.float32))
    average = Average([variable], 0.75)
    variable.assign([4.0, 8.0])
    average.update()

    with average.in_place():
        assert variable.numpy().tolist() == [1.0, 2.0]
    assert variable.numpy().tolist() == [4.0, 8.0]


def test_the_evidence_of_two_sigmoids_is_their_difference():
    assert evidence(np.array([[1.0, 3.0]], np.float32)).tolist() == [2.0]
    assert evidence(np.array([[1.5]], np.float32)).tolist() == [1.5]
