"""The head alone, on features that stay as they are: a head of chance would spoil the half below it.

Imports TensorFlow: for training only.
"""

from typing import Any

import keras
import tensorflow as tf

from model.lab.training.batches import Batches
from model.lab.training.stem_and_head import Halves

_LEARNING_RATE = 3e-3


def weighted_loss(logits: Any, labels: Any, weights: Any = None, smoothing: float = 0.0) -> Any:
    """Return the mean binary cross-entropy of logits (n, 1), or (n, 2) with a sigmoid for each class.

    Labels (n,) are held off 0 and 1 by `smoothing`; weights (n,) are equal if they are not given.
    """
    labels = tf.reshape(labels, (-1, 1))
    targets = labels if logits.shape[1] == 1 else tf.concat([1.0 - labels, labels], axis=1)
    held = targets * (1.0 - 2.0 * smoothing) + smoothing
    losses = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(held, logits), axis=1)
    return (
        tf.reduce_mean(losses)
        if weights is None
        else tf.reduce_sum(losses * weights) / tf.reduce_sum(weights)
    )


def seed_dropout(network: keras.Model, seed: int, step: int) -> None:
    """Let what a step leaves out depend on nothing but seed and step, so that a resumed run goes on alike."""
    for variable in network.variables:
        if variable.path.endswith("seed_generator_state"):
            variable.assign([seed, step])


def warm_up_head(halves: Halves, batches: Batches, pictures: int, steps: int, seed: int) -> None:
    """Fit the head `gap` alone, by full-batch steps of Adam on pooled features that are computed once."""
    head = halves.network.get_layer("head")
    upper = halves.run_upper
    drawn = batches.for_warm_up(pictures)
    features = tf.concat([upper(batch.features)["features"] for batch in drawn], axis=0)
    labels = tf.concat([batch.labels for batch in drawn], axis=0)
    maps = features[:, None, None, :]  # a map of one place has itself as its mean
    optimizer = keras.optimizers.Adam(_LEARNING_RATE)
    optimizer.build(head.trainable_variables)

    @tf.function  # type: ignore[untyped-decorator] # TensorFlow's stubs leave it so
    def step() -> None:
        with tf.GradientTape() as tape:
            loss = weighted_loss(head(maps, training=True)["logit"], labels)
        optimizer.apply(tape.gradient(loss, head.trainable_variables), head.trainable_variables)

    for number in range(steps):
        seed_dropout(halves.upper, seed, number)
        step()
