"""Labelled pictures with a network's output for each: the table that every figure is taken from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.classifier import Classifier
from model.decisions.calibration import sigmoid
from model.decisions.decision import Decision
from model.errors import BadNetworkOutput
from model.lab.dataset.examples import DatasetError, Example

Floats = NDArray[np.float64]

_BATCH = 16


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Labelled pictures with the predictions for them, in one order.

    Parameters
    ----------
    examples : tuple of Example
        n pictures, each file once.
    logits : ndarray, shape (n,), float64
        The network's outputs, finite.
    scores : ndarray, shape (n,), float64
        Calibrated probabilities of `fractured` at the calibration's prevalence, in [0, 1].
    decisions : tuple of Decision
    distances : ndarray, shape (n,), float64

    Raises
    ------
    DatasetError
        The columns have not one length, or there is no picture.
    BadNetworkOutput
        A number is not finite, or a score no probability.
    """

    examples: tuple[Example, ...]
    logits: Floats
    scores: Floats
    decisions: tuple[Decision, ...]
    distances: Floats

    def __post_init__(self) -> None:
        """Refuse what is no table."""
        sizes = {len(self.examples), len(self.decisions), *map(len, self._numbers())}
        if len(sizes) != 1 or not self.examples:
            raise DatasetError(
                f"predictions and pictures do not belong together: their columns have the lengths "
                f"{sorted(sizes)}; give at least one picture, and one prediction a picture"
            )
        finite = all(np.isfinite(column).all() for column in self._numbers())
        if not finite or self.scores.min() < 0.0 or self.scores.max() > 1.0:
            raise BadNetworkOutput(
                "a logit, score or distance of a labelled picture is not finite, or a score lies outside "
                "0 to 1; train again, or make the out-of-fold file again"
            )

    def _numbers(self) -> tuple[Floats, ...]:
        return self.logits, self.scores, self.distances

    def take(self, rows: Sequence[int]) -> "Scored":
        """Return the table of some rows, in that order.

        Parameters
        ----------
        rows : sequence of int

        Returns
        -------
        Scored
        """
        index = np.asarray(rows, dtype=np.intp)
        return Scored(
            tuple(self.examples[row] for row in rows),
            self.logits[index],
            self.scores[index],
            tuple(self.decisions[row] for row in rows),
            self.distances[index],
        )


def uncalibrated(examples: Sequence[Example], logits: Floats) -> Scored:
    """Make the table of a classifier that is only compared with: its logits are taken as they are.

    Parameters
    ----------
    examples : sequence of Example
    logits : ndarray, shape (n,), float64

    Returns
    -------
    Scored
        Fractured or not by the one line at 0.5; each distance is 0.
    """
    return Scored(
        tuple(examples),
        logits,
        np.array([sigmoid(float(logit)) for logit in logits]),
        tuple(Decision.FRACTURED if logit >= 0.0 else Decision.NOT_FRACTURED for logit in logits),
        np.zeros(len(logits)),
    )


def join_tables(tables: Sequence[Scored]) -> Scored:
    """Put tables one below the other, as those of the folds of a cross-validation.

    Parameters
    ----------
    tables : sequence of Scored

    Returns
    -------
    Scored
    """
    return Scored(
        tuple(example for table in tables for example in table.examples),
        np.concatenate([table.logits for table in tables]),
        np.concatenate([table.scores for table in tables]),
        tuple(decision for table in tables for decision in table.decisions),
        np.concatenate([table.distances for table in tables]),
    )


def score_pictures(
    classifier: Classifier,
    examples: Sequence[Example],
    inputs: NDArray[np.uint16],
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Scored:
    """Let a release predict labelled pictures, by the very path that the daemon takes.

    Parameters
    ----------
    classifier : Classifier
    examples : sequence of Example
    inputs : ndarray, shape (n, size, size), uint16
        Their prepared pictures.
    progress : callable
        Called with how many are done, of how many.

    Returns
    -------
    Scored

    Raises
    ------
    BadNetworkOutput
        A picture's output is not finite.
    """
    given = []
    for start in range(0, len(inputs), _BATCH):
        progress(start, len(inputs))
        given += classifier.classify(inputs[start : start + _BATCH])
    progress(len(inputs), len(inputs))
    finite = [prediction for prediction in given if prediction is not None]
    if len(finite) != len(given):
        raise BadNetworkOutput(
            "the network gave an output that is not finite for a labelled picture; train again"
        )
    return Scored(
        tuple(examples),
        np.array([prediction.logit for prediction in finite]),
        np.array([prediction.score for prediction in finite]),
        tuple(prediction.decision for prediction in finite),
        np.array([prediction.distance for prediction in finite]),
    )
