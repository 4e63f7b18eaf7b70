"""TensorFlow: the reference engine, from the release's Keras weights; an extra of the installation."""

import contextlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.engines import Outputs
from model.errors import EngineError
from model.extras import tensorflow_line
from model.network_shape import NetworkShape


class TensorFlowEngine:
    """The network built in code, with a release's weights in it.

    Parameters
    ----------
    weights : bytes
        The verified `.weights.h5`.
    threads : int
        Threads within one operation, at least 1. TensorFlow takes it once a process, before its first
        operation; later it keeps what it has.
    shape : NetworkShape
        Of the network whose weights they are.

    Raises
    ------
    EngineError
        TensorFlow is not installed.
    ReleaseError
        The weights are not those of the network.
    """

    def __init__(self, weights: bytes, threads: int, shape: NetworkShape = NetworkShape()) -> None:  # noqa: B008 # frozen
        try:
            import tensorflow as tf

            from model.network import build_network, load_weights_bytes, serving_network
        except ImportError as error:
            raise EngineError(
                f'TensorFlow is not installed. Set engine = "litert", or install it: {tensorflow_line()}'
            ) from error
        # Already started elsewhere in this process: then the number of threads stays, and no result changes.
        with contextlib.suppress(RuntimeError):
            tf.config.threading.set_intra_op_parallelism_threads(threads)
        network = build_network(shape.head, size=shape.input_size)
        load_weights_bytes(network, weights)
        serving = serving_network(network)
        self._network: Any = tf.function(
            lambda pictures: serving(pictures, training=False), reduce_retracing=True
        )

    def evaluate(self, pictures: NDArray[np.float32]) -> Outputs:
        """Evaluate pictures as one batch.

        Parameters
        ----------
        pictures : ndarray, shape (n, size, size, 1), float32
            In [0, 1].

        Returns
        -------
        Outputs
        """
        return Outputs(**{name: value.numpy() for name, value in self._network(pictures).items()})
