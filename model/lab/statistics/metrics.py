"""A figure with its interval, and the AUROC of one set of weights."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.lab.statistics.ranking import auroc_of

Values = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with a 95 % interval.

    Parameters
    ----------
    value, low, high : float
        NaN where there is nothing to estimate from.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """Return `0.81 (0.70 to 0.90)`; a dash where there is nothing to estimate from."""
        if math.isnan(self.value):
            return "-"
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


def auroc(scores: Values, labels: Values, weights: Values) -> float:
    """Return the chance that a fractured picture scores above one that is not; ties count half.

    Parameters
    ----------
    scores, labels, weights : ndarray, shape (n,)
        Any scores, labels 0 or 1, weights at least 0.

    Returns
    -------
    float
        In [0, 1]; NaN if a label has no weight.

    References
    ----------
    Hanley and McNeil 1982, Radiology 143(1).
    """
    given = (np.asarray(values, dtype=np.float64) for values in (scores, labels, weights[None]))
    return float(auroc_of(*given)[0])
