import numpy as np
import pytest

from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = USES_TENSORFLOW

INPUTS = np.random.default_rng(0).normal(3.0, 2.0, (4, 6, 5, 3)).astype(np.float32)


@pytest.fixture(scope="module", autouse=True)
def late(tensorflow_on_all_cores):
    """Import what needs TensorFlow in the process of its tests, not wherever they are collected."""
    global keras, tf, FusedBatchNormalization, with_fused_normalisation
    import keras
    import tensorflow as tf

    from model.normalisation import FusedBatchNormalization, with_fused_normalisation


def layers():
    given = []
    for kind in (keras.layers.BatchNormalization, FusedBatchNormalization):
        layer = kind(momentum=0.9, epsilon=1e-3)
        layer.build(INPUTS.shape)
        layer.gamma.assign([0.5, 1.0, 2.0])
        layer.beta.assign([1.0, 0.0, -1.0])
        given.append(layer)
    return given


def gradients(layer):
    inputs = tf.Variable(INPUTS)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.sin(layer(inputs, training=True)))
    return tape.gradient(loss, [inputs, layer.gamma.value, layer.beta.value])


@pytest.mark.parametrize("training", [False, True])
def test_it_gives_what_keras_gives(training):
    plain, fused = layers()

    np.testing.assert_allclose(
        np.asarray(fused(INPUTS, training=training)), np.asarray(plain(INPUTS, training=training)), atol=1e-5
    )
    np.testing.assert_allclose(np.asarray(fused.moving_mean), np.asarray(plain.moving_mean), rtol=1e-5)
    # the fused operation takes the unbiased variance for the moving one: n / (n - 1), here 120 / 119
    np.testing.assert_allclose(
        np.asarray(fused.moving_variance), np.asarray(plain.moving_variance), rtol=1e-2
    )


def test_gradients_are_those_of_keras():
    for given, wanted in zip(*map(gradients, layers()), strict=True):
        np.testing.assert_allclose(np.asarray(given), np.asarray(wanted), atol=1e-4)


def test_a_layer_that_is_frozen_keeps_its_statistics():
    _, fused = layers()
    fused.trainable = False

    fused(INPUTS, training=True)

    np.testing.assert_array_equal(np.asarray(fused.moving_mean), np.zeros(3))


def test_a_copy_has_the_same_names_and_weights_and_shares_none():
    inputs = keras.Input((6, 5, 3))
    network = keras.Model(
        inputs, keras.layers.BatchNormalization(name="BN")(keras.layers.Conv2D(3, 1)(inputs))
    )
    copy = with_fused_normalisation(network)

    assert [layer.name for layer in copy.layers[1:]] == [layer.name for layer in network.layers[1:]]
    for one, other in zip(copy.weights, network.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))
        assert one is not other
    assert isinstance(copy.get_layer("BN"), FusedBatchNormalization)
