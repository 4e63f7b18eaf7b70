"""Heat maps of a network that has learned nothing, to hold against those of one that has.

Imports TensorFlow.
"""

import keras
import numpy as np
from numpy.typing import NDArray

from model.classifier import to_network_input
from model.network import build_network
from model.network_shape import NetworkShape


def random_maps(
    inputs: NDArray[np.uint16],
    seed: int = 0,
    shape: NetworkShape = NetworkShape(),  # noqa: B008 # frozen
) -> NDArray[np.float32]:
    """Return the maps of a network of the same shape with random weights.

    Parameters
    ----------
    inputs : ndarray, shape (n, size, size), uint16
        Prepared pictures; n at least 1.
    seed : int
        Of the weights.
    shape : NetworkShape
        Of the network that is compared with.

    Returns
    -------
    ndarray, shape (n, cells, cells), float32
    """
    keras.utils.set_random_seed(seed)
    network = build_network(shape.head, size=shape.input_size)
    maps = [
        np.asarray(network(to_network_input(inputs[start : start + 16]), training=False)["heat_map"])
        for start in range(0, len(inputs), 16)
    ]
    return np.concatenate(maps).astype(np.float32)
