"""Figures that say how far to trust them: weighted AUROC, and intervals over patients."""

from collections.abc import Sequence
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
        """Give `0.81 (0.70 to 0.90)`."""
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


def auroc(scores: Values, labels: Values, weights: Values) -> float:
    """Give the chance that a fractured picture scores above one that is not; ties count half.

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


def mean_auroc(scores: Values, labels: Values, weights: Values, strata: NDArray[np.str_]) -> float:
    """Give the mean of the AUROC within each stratum: no pair is compared across them."""
    within = [strata == name for name in np.unique(strata)]
    return float(np.mean([auroc(scores[rows], labels[rows], weights[rows]) for rows in within]))


def auroc_interval(
    scores: Values,
    labels: Values,
    weights: Values,
    patients: Sequence[str],
    strata: Sequence[str] | None = None,
    *,
    draws: int = 2000,
    seed: int = 0,
) -> Interval:
    """Estimate an AUROC, and its interval by drawing patients with replacement.

    Parameters
    ----------
    scores, labels, weights : ndarray, shape (n,)
    patients : sequence of str
        Whose picture each is: pictures of one patient are drawn together.
    strata : sequence of str, optional
        Compare within these only, and take the mean; see `mean_auroc`.
    draws : int
    seed : int

    Returns
    -------
    Interval
        The 2.5 and 97.5 percentiles of the draws in which both labels occur (in each stratum).
    """
    groups = np.asarray(["all"] * len(scores) if strata is None else list(strata))
    names, index = np.unique(np.asarray(list(patients)), return_inverse=True)
    rng = np.random.default_rng(seed)
    times = rng.multinomial(names.size, np.full(names.size, 1.0 / names.size), size=draws)
    votes = np.asarray(weights * times[:, index], dtype=np.float64)
    ranked, truth = (np.asarray(values, dtype=np.float64) for values in (scores, labels))
    within = [groups == name for name in np.unique(groups)]
    drawn = np.mean([auroc_of(ranked[rows], truth[rows], votes[:, rows]) for rows in within], axis=0)
    usable = drawn[np.isfinite(drawn)]
    value = mean_auroc(scores, labels, weights, groups)
    if not usable.size:
        return Interval(value, float("nan"), float("nan"))
    low, high = np.percentile(usable, [2.5, 97.5])
    return Interval(value, float(low), float(high))
