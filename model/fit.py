"""The gradient steps: a head on frozen features first, then the upper blocks of the network.

Imports TensorFlow: for training only.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model.augment import augment
from model.classifier import to_network_input
from model.dataset import Example, balanced_votes, source_votes

Float = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """Labelled pictures, prepared.

    Parameters
    ----------
    examples : tuple of Example
    inputs : ndarray, shape (n, 224, 224), uint16
    """

    examples: tuple[Example, ...]
    inputs: NDArray[np.uint16]

    @property
    def labels(self) -> Float:
        """Labels, shape (n,), float32: 1 is `fractured`."""
        return np.array([example.label for example in self.examples], dtype=np.float32)


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
    train_loss, val_loss : float
        Mean since the last look, and now; balanced within provenance.
    best : bool
        Whether this is the best so far.
    """

    step: int
    steps: int
    train_loss: float
    val_loss: float
    best: bool


class SourceSampler:
    """Draws pictures for training: each source equally likely, then any of its files.

    Parameters
    ----------
    pictures : Pictures
    seed : int
    """

    def __init__(self, pictures: Pictures, seed: int) -> None:
        self._pictures = pictures
        self._rng = np.random.default_rng(seed)
        files: dict[str, list[int]] = {}
        for index, example in enumerate(pictures.examples):
            files.setdefault(example.source, []).append(index)
        self._files = [files[source] for source in sorted(files)]
        self._labels = pictures.labels
        self._weights = balanced_votes(pictures.examples) / source_votes(pictures.examples)

    def draw(self, count: int) -> tuple[Float, Float, Float]:
        """Draw and vary pictures: inputs (count, 224, 224, 1), labels (count,), weights (count,)."""
        chosen = []
        for source in self._rng.integers(len(self._files), size=count):
            files = self._files[source]
            chosen.append(files[self._rng.integers(len(files))])
        varied = np.stack([augment(self._pictures.inputs[index], self._rng) for index in chosen])
        return varied[..., None], self._labels[chosen], self._weights[chosen].astype(np.float32)

    def batches(self, count: int, batch_size: int) -> Iterator[tuple[Float, Float, Float]]:
        """Draw so many batches, the next while the last is used; one thread draws: chance is repeatable."""
        with ThreadPoolExecutor(max_workers=1) as pool:
            waiting = pool.submit(self.draw, batch_size)
            for _ in range(count):
                ready = waiting.result()
                waiting = pool.submit(self.draw, batch_size)
                yield ready


def weighted_loss(logits: Any, labels: Any, weights: Any, smoothing: float = 0.0) -> Any:
    """Give the mean binary cross-entropy of logits (n, 1), or (n, 2) with a sigmoid for each class."""
    labels = tf.reshape(labels, (-1, 1))
    targets = labels if logits.shape[1] == 1 else tf.concat([1.0 - labels, labels], axis=1)
    held = targets * (1.0 - 2.0 * smoothing) + smoothing
    losses = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(held, logits), axis=1)
    return tf.reduce_sum(losses * weights) / tf.reduce_sum(weights)


def compiled_network(network: keras.Model) -> Callable[[Any], Any]:
    """Compile a network for inference, once: compiling takes longer than a look at validation pictures."""
    shape = tf.TensorSpec((None, *network.input_shape[1:]), tf.float32)
    return tf.function(lambda pictures: network(pictures, training=False), input_signature=[shape])  # type: ignore[no-any-return] # TensorFlow's stubs leave it so


def outputs_of(
    compiled: Callable[[Any], Any], inputs: NDArray[np.uint16], batch_size: int = 32
) -> dict[str, Float]:
    """Evaluate a compiled network on prepared pictures (n, 224, 224), n at least 1, in batches."""
    parts = [
        compiled(to_network_input(inputs[start : start + batch_size]))
        for start in range(0, len(inputs), batch_size)
    ]
    return {name: np.concatenate([part[name].numpy() for part in parts]) for name in parts[0]}


def few_per_source(pictures: Pictures, most: int) -> Pictures:
    """Keep at most so many files of each source, the first by sha256: enough to look at, and quick."""
    seen: dict[str, int] = {}
    kept = []
    for index, example in enumerate(pictures.examples):
        seen[example.source] = seen.get(example.source, 0) + 1
        if seen[example.source] <= most:
            kept.append(index)
    return Pictures(tuple(pictures.examples[index] for index in kept), pictures.inputs[kept])


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
    small = few_per_source(val, 4)
    labels, weights = small.labels, balanced_votes(small.examples).astype(np.float32)

    compiled = compiled_network(network)

    def validate() -> float:
        return float(weighted_loss(outputs_of(compiled, small.inputs)["logit"], labels, weights))

    step = _gradient_step(network, settings)
    best, best_weights, waited, losses = validate(), network.get_weights(), 0, []
    look(Look(0, settings.steps, float("nan"), best, best=True))
    for count, batch in enumerate(sampler.batches(settings.steps, settings.batch_size), start=1):
        losses.append(float(step(*batch)))
        if count % settings.look_every and count != settings.steps:
            continue
        now = validate()
        better = now < best
        look(Look(count, settings.steps, float(np.mean(losses)), now, better))
        losses.clear()
        if better:
            best, best_weights, waited = now, network.get_weights(), 0
        else:
            waited += 1
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
    """Let the base learn from a layer on; everything below keeps its weights."""
    reached = False
    for layer in network.get_layer("base").layers:
        reached = reached or layer.name == unfreeze_from
        layer.trainable = reached


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
