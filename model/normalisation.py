"""Batch normalisation that trains in a third of the time on a processor.

Imports Keras: for training, export and the reference engine only.
"""

from typing import Any

import keras

MOMENTUM = 0.98
"""Of the moving statistics. Keras' 0.999 for MobileNetV2 is made for a hundred thousand steps."""


class FusedBatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc] # keras ships no types
    """Keras' batch normalisation, computed by TensorFlow's fused operation while it trains.

    Keras takes the moments and normalises by one elementwise operation after the other, each of which reads
    and writes all maps: half of a training step of MobileNetV2 on a processor. Weights, their names and what
    inference gives are those of Keras; with another backend, so is training.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:  # noqa: FBT001 # Keras calls it so
        """Normalise.

        Parameters
        ----------
        inputs : tensor, shape (n, rows, columns, channels)
        training : bool, optional
            Normalise by the batch's statistics, and let the moving ones follow.
        mask : tensor, optional
            Passed to Keras.

        Returns
        -------
        tensor, shape (n, rows, columns, channels)
        """
        if not (training and self.trainable) or mask is not None or keras.backend.backend() != "tensorflow":
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        normalised, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs, self.gamma.value, self.beta.value, epsilon=self.epsilon, is_training=True
        )
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(self.momentum * moving + (1.0 - self.momentum) * value)
        return normalised


def with_fused_normalisation(network: keras.Model) -> keras.Model:
    """Copy a network, its batch normalisation fused.

    Parameters
    ----------
    network : keras.Model
        Of Keras' own layers.

    Returns
    -------
    keras.Model
        With the same names and weights; no layer is shared.
    """

    def copied(layer: keras.layers.Layer) -> keras.layers.Layer:
        config = layer.get_config()
        if type(layer) is keras.layers.BatchNormalization:
            return FusedBatchNormalization.from_config({**config, "momentum": MOMENTUM})
        return type(layer).from_config(config)

    copy = keras.models.clone_model(network, clone_function=copied)
    copy.set_weights(network.get_weights())
    return copy
