"""Evaluate a network that is being trained.

Imports TensorFlow: for training only.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model.classifier import to_network_input


def compiled(network: keras.Model) -> Callable[[Any], Any]:
    """Compile a network for inference; once, since compiling takes seconds.

    Parameters
    ----------
    network : keras.Model

    Returns
    -------
    callable
        Takes a tensor, shape (n, rows, columns, 1), float32; gives what the network gives.
    """
    shape = tf.TensorSpec((None, *network.input_shape[1:]), tf.float32)
    return tf.function(lambda inputs: network(inputs, training=False), input_signature=[shape])  # type: ignore[no-any-return] # TensorFlow's stubs leave it so


def outputs_of(
    network: Callable[[Any], Any], inputs: NDArray[np.uint16], batch_size: int = 32
) -> dict[str, NDArray[np.float32]]:
    """Evaluate what `compiled` returned on prepared pictures, in batches.

    Parameters
    ----------
    network : callable
    inputs : ndarray, shape (n, size, size), uint16
        n is at least 1.
    batch_size : int

    Returns
    -------
    dict of str to ndarray, shape (n, ...), float32
    """
    parts = [
        network(to_network_input(inputs[start : start + batch_size]))
        for start in range(0, len(inputs), batch_size)
    ]
    return {name: np.concatenate([part[name].numpy() for part in parts]) for name in parts[0]}
