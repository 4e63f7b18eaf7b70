"""The gradient steps: a head on frozen features first, then the upper blocks of the network.

Imports TensorFlow: for training only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from model.network import freeze_normalisation
from model.training.judge import Average, Judge, compiled_network
from model.training.sampler import Pictures, SourceSampler, few_per_source


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How the network is fitted.

    Parameters
    ----------
    steps, batch_size : int
        At most so many steps of so many drawn pictures.
    learning_rate : float
        Of Adam at the first step; it falls as a cosine to a hundredth.
    warm_up_pictures, warm_up_steps : int
        Pictures drawn once for the head on frozen features, and full-batch steps on them; 0 skips it.
    unfreeze_from : str or None
        First layer of the base that learns; None keeps the base frozen.
    averaging : float
        The network that is looked at, and kept, is the moving average of the steps with this momentum.
    look_every, patience : int
        Validate after so many steps; stop after so many looks without a better one.
    smoothing : float
        Labels are held this far off 0 and 1.
    seed : int
    """

    steps: int
    batch_size: int
    learning_rate: float
    warm_up_pictures: int
    warm_up_steps: int
    unfreeze_from: str | None
    averaging: float
    look_every: int
    patience: int
    smoothing: float
    seed: int


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the validation pictures.

    Parameters
    ----------
    step, steps : int
        Steps done, and at most to do.
    train_loss : float
        Mean since the last look; balanced within provenance; NaN before the first step.
    val_loss : float
        Loss after calibration, balanced within provenance: what no calibration can mend.
    val_auroc : float
        Mean AUROC within the provenances of the validation pictures.
    best : bool
        Whether this is the best so far.
    """

    step: int
    steps: int
    train_loss: float
    val_loss: float
    val_auroc: float
    best: bool


def weighted_loss(logits: Any, labels: Any, weights: Any, smoothing: float = 0.0) -> Any:
    """Give the mean binary cross-entropy of logits (n, 1), or (n, 2) with a sigmoid for each class."""
    labels = tf.reshape(labels, (-1, 1))
    targets = labels if logits.shape[1] == 1 else tf.concat([1.0 - labels, labels], axis=1)
    held = targets * (1.0 - 2.0 * smoothing) + smoothing
    losses = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(held, logits), axis=1)
    return tf.reduce_sum(losses * weights) / tf.reduce_sum(weights)


def fit(
    network: keras.Model,
    train: Pictures,
    val: Pictures,
    settings: FitSettings,
    look: Callable[[Look], None],
) -> None:
    """Fit a network, and leave in it the weights that were best on the validation pictures.

    Parameters
    ----------
    network : keras.Model
        As `model.network.build_network` gives it; its batch normalisation stays in inference mode.
    train, val : Pictures
        Of different patients.
    settings : FitSettings
    look : callable
        Told of each look at the validation pictures.
    """
    sampler = SourceSampler(train, settings.seed)
    if settings.warm_up_steps:
        _warm_up(network, sampler, settings)
    _thaw(network, settings.unfreeze_from)
    judge = Judge(network, few_per_source(val, 4))
    step = _gradient_step(network, settings)
    average = Average(network.trainable_variables, settings.averaging)

    loss, within = judge.judge()
    best, best_weights, waited, losses = loss, network.get_weights(), 0, []
    look(Look(0, settings.steps, float("nan"), loss, within, best=True))
    for count, batch in enumerate(sampler.batches(settings.steps, settings.batch_size), start=1):
        losses.append(float(step(*batch)))
        average.update()
        if count % settings.look_every and count != settings.steps:
            continue
        with average.in_place():
            loss, within = judge.judge()
            better = loss < best
            if better:
                best, best_weights = loss, network.get_weights()
        look(Look(count, settings.steps, float(np.mean(losses)), loss, within, better))
        losses.clear()
        waited = 0 if better else waited + 1
        if waited >= settings.patience:
            break
    network.set_weights(best_weights)


def _gradient_step(network: keras.Model, settings: FitSettings) -> Callable[..., Any]:
    rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, settings.steps, alpha=0.01)
    optimizer = keras.optimizers.Adam(rate, global_clipnorm=1.0)
    optimizer.build(network.trainable_variables)

    @tf.function  # type: ignore[untyped-decorator] # TensorFlow's stubs leave it so
    def step(inputs: Any, labels: Any, weights: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = network(inputs, training=True)["logit"]
            loss = weighted_loss(logits, labels, weights, settings.smoothing)
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply(gradients, network.trainable_variables)
        return loss

    return step  # type: ignore[no-any-return] # see above


def _thaw(network: keras.Model, unfreeze_from: str | None) -> None:
    """Let the base learn from a layer on; everything below, and all normalisation, keeps its weights."""
    base = network.get_layer("base")
    reached = False
    for layer in base.layers:
        reached = reached or layer.name == unfreeze_from
        layer.trainable = reached
    freeze_normalisation(base)


def _warm_up(network: keras.Model, sampler: SourceSampler, settings: FitSettings) -> None:
    """Fit the `gap` head alone on features that are computed once."""
    head = network.get_layer("head")
    drawn, labels, weights = sampler.draw(settings.warm_up_pictures)
    compiled = compiled_network(network)
    chunks = [compiled(drawn[start : start + 32])["features"] for start in range(0, len(drawn), 32)]
    features = tf.concat(chunks, axis=0)
    maps = tf.reshape(features, (len(drawn), 1, 1, -1))  # a map of one place has itself as its mean
    optimizer = keras.optimizers.Adam(3e-3)
    optimizer.build(head.trainable_variables)

    @tf.function  # type: ignore[untyped-decorator] # TensorFlow's stubs leave it so
    def step() -> None:
        with tf.GradientTape() as tape:
            loss = weighted_loss(head(maps, training=True)["logit"], labels, weights, settings.smoothing)
        optimizer.apply(tape.gradient(loss, head.trainable_variables), head.trainable_variables)

    for _ in range(settings.warm_up_steps):
        step()
