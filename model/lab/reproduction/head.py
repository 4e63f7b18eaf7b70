"""Fit the published head: on maps that are there already, with as many pictures of each class in a batch.

Imports TensorFlow: for training only.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model.lab.reproduction.maps import MAP_SHAPE
from model.network import build_network

_PREDICT = 128


@dataclass(frozen=True, slots=True)
class HeadSettings:
    """How the head is fitted.

    Parameters
    ----------
    batch_size, epoch_steps, epochs, patience : int
        As in `PublishedSettings`.
    learning_rate : float
    seed : int
        Of the weights, of dropout and of the order of the pictures.
    """

    batch_size: int
    epoch_steps: int
    epochs: int
    patience: int
    learning_rate: float
    seed: int


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one epoch gave.

    Parameters
    ----------
    number : int
        From 1.
    train_loss, val_loss : float
        Binary cross-entropy, mean over both sigmoids.
    best : bool
        Whether the validation loss is the lowest so far.
    """

    number: int
    train_loss: float
    val_loss: float
    best: bool


def balanced_epoch(
    rows: Sequence[int], labels: NDArray[np.int64], batch_size: int, rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Draw the batches of one epoch, half of each from each class.

    The larger class is gone through once; the smaller begins anew, in another order, as often as it must.

    Parameters
    ----------
    rows : sequence of int
        Places of the pictures.
        Indices of pictures; one that stands here twice is drawn twice as often.
    labels : ndarray, shape (n,)
        Of the pictures, 0 or 1.
    batch_size : int
        Even.
    rng : numpy.random.Generator

    Yields
    ------
    ndarray, shape (batch_size,)
        Indices of pictures, shuffled within each class.
    """
    chosen = np.asarray(rows)
    classes = [chosen[labels[chosen] == label] for label in (0, 1)]
    half = batch_size // 2
    steps = math.ceil(max(len(members) for members in classes) / half)
    orders = []
    for members in classes:
        rounds = math.ceil(steps * half / len(members))
        orders.append(np.concatenate([rng.permutation(members) for _ in range(rounds)]))
    for step in range(steps):
        yield np.concatenate([order[step * half : (step + 1) * half] for order in orders])


def build_head() -> keras.Model:
    """Build the published head over maps (n, 7, 7, 1280): logits (n, 2) for not_fractured and fractured.

    It is made of the layers of `model.network.build_network("flatten")`, with fresh weights.

    Returns
    -------
    keras.Model
    """
    network = build_network("flatten")
    maps = keras.Input(MAP_SHAPE)
    hidden = network.get_layer("hidden")(keras.layers.Flatten()(maps))
    logit = network.get_layer("head")(keras.layers.Dropout(0.5)(hidden))
    return keras.Model(maps, logit, name="published_head")


def fit_head(
    maps: NDArray[np.float16],
    labels: NDArray[np.int64],
    train: Sequence[int],
    val: Sequence[int],
    settings: HeadSettings,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
) -> keras.Model:
    """Fit a head, and leave in it the weights of the epoch with the lowest validation loss.

    Parameters
    ----------
    maps : ndarray, shape (n, 1 + variations, 7, 7, 1280), float16
        Of `model.lab.reproduction.maps.base_maps`. Epoch by epoch the variations take turns; validation
        is on the pictures as they are.
    labels : ndarray, shape (n,)
    train, val : sequence of int
        Rows of the maps; one that stands there twice counts twice.
    settings : HeadSettings
    on_epoch : callable
        Called with each epoch.

    Returns
    -------
    keras.Model
        Takes maps (n, 7, 7, 1280); gives logits (n, 2).
    """
    keras.utils.set_random_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    head = build_head()
    step = _gradient_step(head, settings.learning_rate)
    best, best_weights, waited = math.inf, head.get_weights(), 0
    for number in range(1, settings.epochs + 1):
        variation = 1 + (number - 1) % (maps.shape[1] - 1) if maps.shape[1] > 1 else 0
        losses = [
            float(step(maps[rows, variation], _targets(labels[rows])))
            for rows in islice(balanced_epoch(train, labels, settings.batch_size, rng), settings.epoch_steps)
        ]
        loss = _loss(head, maps, labels, val)
        better = loss < best
        on_epoch(Epoch(number, float(np.mean(losses)), loss, better))
        if better:
            best, best_weights, waited = loss, head.get_weights(), 0
            continue
        waited += 1
        if waited >= settings.patience:
            break
    head.set_weights(best_weights)
    return head


def predict(head: keras.Model, maps: NDArray[np.float16], rows: Sequence[int]) -> NDArray[np.float64]:
    """Return the logits (len(rows), 2) of pictures as they are.

    Parameters
    ----------
    head : keras.Model
    maps : ndarray, shape (pictures, variations, 7, 7, 1280), float16
    rows : sequence of int
        Places of the pictures.

    Returns
    -------
    ndarray, shape (len(rows), 2), float64
    """
    chosen = np.asarray(rows)
    parts = [
        head(maps[chosen[start : start + _PREDICT], 0].astype(np.float32), training=False).numpy()
        for start in range(0, len(chosen), _PREDICT)
    ]
    return np.concatenate(parts).astype(np.float64)


def _gradient_step(head: keras.Model, learning_rate: float) -> Callable[[Any, Any], Any]:
    adam = _FusedAdam(head.trainable_variables, learning_rate)

    @tf.function  # type: ignore[untyped-decorator] # TensorFlow's stubs leave it so
    def step(maps: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = head(tf.cast(maps, tf.float32), training=True)
            loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(targets, logits))
        adam.apply(tape.gradient(loss, head.trainable_variables))
        return loss

    return step  # type: ignore[no-any-return] # see above


class _FusedAdam:
    """Adam in one pass over each variable: that of Keras goes over the 32 million weights ten times.

    References
    ----------
    Kingma and Ba 2015, arXiv:1412.6980; the amounts are those of Keras.
    """

    def __init__(self, variables: Sequence[Any], learning_rate: float) -> None:
        self._variables = [variable.value for variable in variables]
        self._first = [tf.Variable(tf.zeros_like(variable)) for variable in self._variables]
        self._second = [tf.Variable(tf.zeros_like(variable)) for variable in self._variables]
        self._steps = tf.Variable(tf.zeros(()))
        self._learning_rate = learning_rate

    def apply(self, gradients: Sequence[Any]) -> None:
        """Take one step."""
        self._steps.assign_add(1.0)
        for variable, first, second, gradient in zip(
            self._variables, self._first, self._second, gradients, strict=True
        ):
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=first.handle,
                v=second.handle,
                beta1_power=tf.pow(0.9, self._steps),
                beta2_power=tf.pow(0.999, self._steps),
                lr=self._learning_rate,
                beta1=0.9,
                beta2=0.999,
                epsilon=1e-7,
                grad=gradient,
            )


def _targets(labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return one column a sigmoid: not_fractured, fractured."""
    return np.stack([1 - labels, labels], axis=1).astype(np.float32)


def _loss(
    head: keras.Model, maps: NDArray[np.float16], labels: NDArray[np.int64], rows: Sequence[int]
) -> float:
    """Return the mean binary cross-entropy over files; a picture with copies is evaluated once."""
    distinct, times = np.unique(np.asarray(rows), return_counts=True)
    logits, targets = predict(head, maps, distinct.tolist()), _targets(labels[distinct])
    losses = np.logaddexp(0.0, logits) - targets * logits
    return float(np.average(losses.mean(axis=1), weights=times))
