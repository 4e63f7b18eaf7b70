"""How good a network is while it is being fitted.

Imports TensorFlow: for training only.
"""

import math
from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from model.decisions.calibration import fit_platt
from model.errors import ReleaseError
from model.lab.dataset.examples import Example
from model.lab.dataset.votes import balanced_votes, source_votes
from model.lab.evaluation.figures import comparable
from model.lab.statistics.ranking import within_auroc_of
from model.lab.training.inference import compiled, outputs_of


class Validator:
    """Evaluates a network on the pictures of validation patients.

    The loss is taken after calibration, and balanced within each provenance: the release is calibrated in
    the end, and a network that has grown too sure of itself is not therefore a worse one (arXiv:2501.19195).

    Parameters
    ----------
    network : keras.Model
        Evaluated with the weights that it has then.
    inputs : ndarray, shape (n, size, size), uint16
        Prepared pictures.
    examples : sequence of Example
    """

    def __init__(self, network: keras.Model, inputs: NDArray[np.uint16], examples: Sequence[Example]) -> None:
        self._network = compiled(network)
        self._inputs = inputs
        self._labels = np.array([example.label for example in examples], dtype=np.float64)
        self._weights = balanced_votes(examples)
        self._votes = source_votes(examples)[None]
        self._provenances = np.array([example.provenance for example in examples])
        sources = {example.source: example for example in examples}.values()
        labels = np.array([example.label for example in sources], dtype=np.float64)
        within = comparable([example.provenance for example in sources], labels)
        self._kept = np.isin(self._provenances, within or np.unique(self._provenances))

    def validate(self) -> tuple[float, float]:
        """Return the loss after calibration, and the AUROC within provenance as evaluations report it.

        Returns
        -------
        tuple of (float, float)
            The AUROC counts all provenances where none has enough of both labels.
        """
        logits = evidence(outputs_of(self._network, self._inputs)["logit"])
        within = self._within(logits)
        try:
            calibration = fit_platt(logits, self._labels, self._weights)
        except ReleaseError:  # the wrong way round: no better than ignorance
            return math.log(2.0), within
        scores = np.array([calibration.score(float(logit)) for logit in logits])
        losses = -np.log(np.where(self._labels > 0.5, scores, 1.0 - scores))
        return float(np.average(losses, weights=self._weights)), within

    def _within(self, logits: NDArray[np.float64]) -> float:
        kept = self._kept
        found = within_auroc_of(
            logits[kept], self._labels[kept], self._votes[:, kept], self._provenances[kept]
        )
        return float(found[0])


def evidence(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return one number a picture.

    Parameters
    ----------
    logits : ndarray, shape (n, 1) or, of the head `flatten`, (n, 2), float32

    Returns
    -------
    ndarray, shape (n,), float64
    """
    one = logits[:, 0] if logits.shape[1] == 1 else logits[:, 1] - logits[:, 0]
    return np.asarray(one, dtype=np.float64)
