from dataclasses import replace

import numpy as np
import pytest

from tests.support.labelled import labelled
from tests.support.tensorflow import USES_TENSORFLOW, import_tensorflow

pytestmark = USES_TENSORFLOW
import_tensorflow()

import keras  # noqa: E402 # needs TensorFlow

from model.network import ActivationMapHead  # noqa: E402 # needs TensorFlow
from model.training.fit import FitSettings, fit, weighted_loss  # noqa: E402 # needs TensorFlow
from model.training.judge import Judge, compiled_network, outputs_of  # noqa: E402 # needs TensorFlow

SETTINGS = FitSettings(
    steps=60, batch_size=8, learning_rate=3e-3, warm_up_pictures=16, warm_up_steps=5, unfreeze_from="normal",
    averaging=0.5, look_every=20, patience=5, smoothing=0.02, seed=4,
)  # fmt: skip


def tiny_network():
    """Give the shape of the real network, small enough for a test: a base with two layers, and the head."""
    keras.utils.set_random_seed(1)
    inside = keras.Input((224, 224, 1))
    first = keras.layers.Conv2D(4, 8, strides=16, activation="relu", name="first")(inside)
    normal = keras.layers.BatchNormalization(name="normal")(first)
    second = keras.layers.Conv2D(8, 3, strides=2, activation="relu", name="second")(normal)
    base = keras.Model(inside, second, name="base")
    picture = keras.Input((224, 224, 1))
    return keras.Model(picture, ActivationMapHead(0.1, name="head")(base(picture)))


def fitted(settings=SETTINGS):
    looks = []
    network = tiny_network()
    fit(network, labelled(12, 0), labelled(8, 1), settings, looks.append)
    return network, looks


@pytest.fixture(scope="module")
def once():
    return fitted()


def test_what_can_be_learnt_is_learnt(once):
    network, looks = once

    assert looks[0].step == 0
    assert [look.step for look in looks] == list(range(0, looks[-1].step + 1, 20))
    assert min(look.val_loss for look in looks) < looks[0].val_loss
    logits = outputs_of(compiled_network(network), labelled(8, 2).inputs)["logit"][:, 0]
    assert logits[1::2].min() > logits[::2].max()


def test_the_same_seed_gives_the_same_weights(once):
    again, looks = fitted()

    assert looks[1:] == once[1][1:]
    for one, other in zip(once[0].get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_frozen_layers_and_normalisation_keep_their_weights(once):
    before = tiny_network().get_layer("base")
    after = once[0].get_layer("base")

    np.testing.assert_array_equal(before.get_layer("first").kernel, after.get_layer("first").kernel)
    for one, other in zip(before.get_layer("normal").weights, after.get_layer("normal").weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert np.abs(np.asarray(before.get_layer("second").kernel) - after.get_layer("second").kernel).max() > 0


def test_the_best_look_is_kept_not_the_last():
    ruinous = replace(
        SETTINGS, learning_rate=30.0, warm_up_steps=300, look_every=10, patience=2, averaging=0.0
    )
    network, looks = fitted(ruinous)

    best = min(look.val_loss for look in looks)
    assert Judge(network, labelled(8, 1)).judge()[0] == pytest.approx(best, abs=1e-6)
    assert looks[-1].val_loss > best


def test_the_loss_is_the_weighted_cross_entropy():
    logits = np.array([[0.0], [2.0]], np.float32)
    labels, weights = np.array([1.0, 0.0], np.float32), np.array([1.0, 3.0], np.float32)

    expected = (np.log(2.0) + 3.0 * np.log(1.0 + np.exp(2.0))) / 4.0

    assert float(weighted_loss(logits, labels, weights)) == pytest.approx(expected, rel=1e-5)


def test_the_loss_of_two_sigmoids_asks_both():
    logits = np.array([[5.0, -5.0]], np.float32)

    right = float(weighted_loss(logits, np.zeros(1, np.float32), np.ones(1, np.float32)))
    wrong = float(weighted_loss(logits, np.ones(1, np.float32), np.ones(1, np.float32)))

    assert right < 0.01
    assert wrong > 4.0
