"""How good a network is while it is being fitted.

Imports TensorFlow: for training only.
"""

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model.calibrate import fit_platt
from model.classifier import to_network_input
from model.dataset.votes import balanced_votes
from model.errors import ReleaseError
from model.evaluation.metrics import mean_auroc
from model.training.sampler import Float, Pictures


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


class Judge:
    """Looks at validation pictures.

    The loss is taken after calibration: the release is calibrated on the same pictures in the end, and a
    network that has grown too sure of itself is not therefore a worse one (arXiv:2501.19195).

    Parameters
    ----------
    network : keras.Model
        Looked at with the weights that it has at each look.
    pictures : Pictures
    """

    def __init__(self, network: keras.Model, pictures: Pictures) -> None:
        self._compiled = compiled_network(network)
        self._pictures = pictures
        self._weights = balanced_votes(pictures.examples)
        self._provenance = np.array([example.provenance for example in pictures.examples])

    def judge(self) -> tuple[float, float]:
        """Give the loss after calibration, and the mean AUROC within provenances."""
        logits = evidence(outputs_of(self._compiled, self._pictures.inputs)["logit"])
        labels = self._pictures.labels.astype(np.float64)
        within = mean_auroc(logits, labels, self._weights, self._provenance)
        try:
            calibration = fit_platt(logits, labels, self._weights)
        except ReleaseError:  # the wrong way round: no better than ignorance
            return math.log(2.0), within
        scores = np.array([calibration.score(float(logit)) for logit in logits])
        losses = -np.log(np.where(labels > 0.5, scores, 1.0 - scores))
        return float(np.average(losses, weights=self._weights)), within


class Average:
    """Moving average of variables, which steps over few pictures need: one batch in ten may mislead.

    Parameters
    ----------
    variables : list of keras.Variable
    momentum : float
        In [0, 1); 0 keeps the last step alone.
    """

    def __init__(self, variables: list[Any], momentum: float) -> None:
        self._variables = variables
        self._momentum = momentum
        self._averages = [np.array(variable.numpy()) for variable in variables]

    def update(self) -> None:
        """Take the variables as they are now into the average."""
        kept, new = np.float32(self._momentum), np.float32(1.0 - self._momentum)
        self._averages = [
            kept * average + new * variable.numpy()
            for average, variable in zip(self._averages, self._variables, strict=True)
        ]

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Put the averages where the variables are, for the length of a block."""
        kept = [variable.numpy().copy() for variable in self._variables]
        for variable, average in zip(self._variables, self._averages, strict=True):
            variable.assign(average)
        try:
            yield
        finally:
            for variable, value in zip(self._variables, kept, strict=True):
                variable.assign(value)


def evidence(logits: Float) -> NDArray[np.float64]:
    """Give one number a picture for logits (n, 1), or (n, 2) of the head `flatten`."""
    one = logits[:, 0] if logits.shape[1] == 1 else logits[:, 1] - logits[:, 0]
    return np.asarray(one, dtype=np.float64)
