"""The network in two halves: one that stays as it is, whose outputs can be kept, and one that learns.

The halves share the layers of the whole, so that what is fitted in the upper half is what is exported.
Imports Keras: for training only.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model.errors import ReleaseError
from model.network import build_network, freeze_normalisation


@dataclass(frozen=True, eq=False)
class Halves:
    """A network, and the two halves of it.

    Parameters
    ----------
    network : keras.Model
        The whole: pictures to outputs.
    stem : keras.Model
        Pictures to features; frozen.
    upper : keras.Model
        Features to outputs; learns, but for its batch normalisation.
    """

    network: keras.Model
    stem: keras.Model
    upper: keras.Model

    @cached_property
    def run_stem(self) -> Callable[[Any], Any]:
        """The stem, compiled once: it takes longer than a look at hundreds of pictures."""
        return compiled(self.stem)

    @cached_property
    def run_upper(self) -> Callable[[Any], Any]:
        """The upper half, compiled once; it has the weights of the moment at which it is called."""
        return compiled(self.upper)

    def stem_digest(self) -> str:
        """Return the sha256 over the weights of the stem."""
        found = hashlib.sha256()
        for weight in self.stem.weights:
            found.update(np.ascontiguousarray(weight.numpy()).tobytes())
        return found.hexdigest()


def build_halves(base_weights: Path | None, dropout: float, unfreeze_from: str | None, seed: int) -> Halves:
    """Build the network with weights drawn from a seed where none are given, and halve it.

    Parameters
    ----------
    base_weights, dropout
        See `model.network.build_network`.
    unfreeze_from : str or None
        First layer of the base that learns; None keeps the whole base as the stem.
    seed : int

    Returns
    -------
    Halves

    Raises
    ------
    ReleaseError
        See `halve` and `model.network.build_network`.
    """
    keras.utils.set_random_seed(seed)
    return halve(build_network("gap", base_weights, dropout), unfreeze_from)


def halve(network: keras.Model, unfreeze_from: str | None) -> Halves:
    """Part a network before a layer of its base; a network can be halved once.

    Parameters
    ----------
    network : keras.Model
        As `model.network.build_network` gives it: the layer `repeat` feeds the layer `base`, a network of
        its own, whose output the layer `head` takes.
    unfreeze_from : str or None
        See `build_halves`.

    Returns
    -------
    Halves

    Raises
    ------
    ReleaseError
        The base has no such layer, or a residual connection passes it by.
    """
    base = network.get_layer("base")
    names = [layer.name for layer in base.layers]
    if unfreeze_from is not None and unfreeze_from not in names:
        raise ReleaseError(f"the base network has no layer {unfreeze_from}; block_6_expand is the usual one")
    try:
        cut = base.output if unfreeze_from is None else base.get_layer(unfreeze_from).input
        lower = keras.Model(base.input, cut)
        higher = keras.Model(cut, base.output) if unfreeze_from is not None else None
    except ValueError as error:
        raise ReleaseError(
            f"the network cannot be parted before {unfreeze_from}, since a residual connection passes it by; "
            "name the first layer of a block, as block_6_expand"
        ) from error
    tail = keras.Model(network.get_layer("head").input, network.output)
    lead = keras.Model(network.input, network.get_layer("repeat").output)
    stem = keras.Model(network.input, lower(lead(network.input)), name="stem")
    features = keras.Input(cut.shape[1:], name="features")
    upper = keras.Model(features, tail(features if higher is None else higher(features)), name="upper")
    _freeze(base, unfreeze_from)
    return Halves(network, stem, upper)


def _freeze(base: keras.Model, unfreeze_from: str | None) -> None:
    """Let the base learn from a layer on; everything below, and all normalisation, keeps its weights."""
    reached = False
    for layer in base.layers:
        reached = reached or layer.name == unfreeze_from
        layer.trainable = reached
    freeze_normalisation(base)


def compiled(network: keras.Model) -> Callable[[Any], Any]:
    """Compile a network, or half of one, for inference; once, since compiling takes seconds."""
    shape = tf.TensorSpec((None, *network.input_shape[1:]), tf.float32)
    return tf.function(lambda inputs: network(inputs, training=False), input_signature=[shape])  # type: ignore[no-any-return] # TensorFlow's stubs leave it so


def outputs_of(
    network: Callable[[Any], Any], inputs: NDArray[np.floating], batch_size: int = 32
) -> dict[str, NDArray[np.float32]]:
    """Evaluate what `compiled` gave on inputs (n, ...), n at least 1, in batches."""
    parts = [
        network(np.asarray(inputs[start : start + batch_size], dtype=np.float32))
        for start in range(0, len(inputs), batch_size)
    ]
    return {name: np.concatenate([part[name].numpy() for part in parts]) for name in parts[0]}
