"""From the network's logit to a probability that means something, and where to draw the lines."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.errors import ReleaseError

Values = NDArray[np.floating]
_EDGE = 1e-6  # a probability of exactly 0 or 1 has no odds


@dataclass(frozen=True, slots=True)
class Calibration:
    """Platt's map from logit to probability, at a stated prevalence.

    Parameters
    ----------
    slope : float
        Greater than 0: the order of pictures is the network's.
    intercept : float
    prevalence : float
        Share of `fractured` for which the probabilities hold, in (0, 1).

    Raises
    ------
    ReleaseError
        The numbers are no calibration.

    References
    ----------
    Platt 1999, Probabilistic Outputs for Support Vector Machines.
    """

    slope: float
    intercept: float
    prevalence: float

    def __post_init__(self) -> None:
        """Refuse what is no calibration."""
        finite = math.isfinite(self.slope) and math.isfinite(self.intercept)
        if not finite or self.slope <= 0.0 or not 0.0 < self.prevalence < 1.0:
            raise ReleaseError(
                f"slope={self.slope}, intercept={self.intercept}, prevalence={self.prevalence} are no "
                "calibration: a finite slope above 0 and a prevalence between 0 and 1 are needed; "
                "fetch the release again, or train it on more pictures"
            )

    def score(self, logit: float) -> float:
        """Return the calibrated probability of `fractured`.

        Parameters
        ----------
        logit : float
            Finite.

        Returns
        -------
        float
            In [0, 1], at the calibration's prevalence.
        """
        return sigmoid(self.slope * logit + self.intercept)


def sigmoid(value: float) -> float:
    """Return the logistic function of a number of any size, without overflow.

    Parameters
    ----------
    value : float

    Returns
    -------
    float
        In [0, 1].
    """
    if value >= 0.0:
        return 1.0 / (1.0 + math.exp(-value))
    grown = math.exp(value)
    return grown / (1.0 + grown)


def shift_prevalence(score: float, from_prevalence: float, to_prevalence: float) -> float:
    """Restate a probability for a place where fractures are rarer or more common.

    Parameters
    ----------
    score : float
        Probability of `fractured` where its share is `from_prevalence`, in [0, 1].
    from_prevalence, to_prevalence : float
        Shares of `fractured`, in (0, 1).

    Returns
    -------
    float
        Probability in [0, 1]; `score` itself where the two shares are equal.

    Raises
    ------
    ValueError
        A share is not in (0, 1), or the score is not in [0, 1].

    References
    ----------
    Saerens, Latinne and Decaestecker 2002, Neural Computation 14(1): adjusting to new priors.
    """
    if not (0.0 < from_prevalence < 1.0 and 0.0 < to_prevalence < 1.0):
        raise ValueError("a prevalence lies between 0 and 1, both excluded")
    if not 0.0 <= score <= 1.0:
        raise ValueError("a probability lies in [0, 1]")
    if from_prevalence == to_prevalence:
        return score
    fractured = score * to_prevalence / from_prevalence
    sound = (1.0 - score) * (1.0 - to_prevalence) / (1.0 - from_prevalence)
    return fractured / (fractured + sound)


def fit_platt(logits: Values, labels: Values, weights: Values, prevalence: float = 0.5) -> Calibration:
    """Fit Platt's map on pictures that the network was not trained on.

    Parameters
    ----------
    logits : ndarray, shape (n,)
    labels : ndarray, shape (n,)
        1 for `fractured`, 0 for `not_fractured`; both occur.
    weights : ndarray, shape (n,)
        How much each picture counts. They are rescaled so that the share of `fractured` is `prevalence`
        while the sum stays.
    prevalence : float
        Share of `fractured` that the probabilities shall assume, in (0, 1).

    Returns
    -------
    Calibration

    Raises
    ------
    ReleaseError
        The network orders these pictures no better than the wrong way round.

    References
    ----------
    Lin, Lin and Weng 2007, A note on Platt's probabilistic outputs: targets held off 0 and 1.
    """
    positive = labels > 0.5
    mass = {kind: float(weights[positive == kind].sum()) for kind in (True, False)}
    total = mass[True] + mass[False]
    share = np.where(positive, prevalence / mass[True], (1.0 - prevalence) / mass[False])
    counted = weights * share * total
    targets = np.where(positive, (mass[True] + 1.0) / (mass[True] + 2.0), 1.0 / (mass[False] + 2.0))
    design = np.stack([logits, np.ones_like(logits)], axis=1).astype(np.float64)
    solution = _newton(design, targets, counted)
    return Calibration(float(solution[0]), float(solution[1]), prevalence)


def _newton(design: Values, targets: Values, weights: Values) -> Values:
    """Fit a weighted logistic regression with targets in (0, 1); a hint of ridge keeps it solvable."""
    solution = np.zeros(design.shape[1])
    ridge = 1e-6 * np.eye(design.shape[1])
    for _ in range(100):
        given = 1.0 / (1.0 + np.exp(-np.clip(design @ solution, -30.0, 30.0)))
        slope = design.T @ (weights * (given - targets)) + ridge @ solution
        curve = (design * (weights * given * (1.0 - given))[:, None]).T @ design + ridge
        step = np.linalg.solve(curve, slope)
        step /= max(1.0, float(np.abs(step).max()) / 2.0)  # far from the solution Newton overshoots
        solution = solution - step
        if float(np.abs(step).max()) < 1e-10:
            break
    return solution


def rule_lines(
    scores: Values, labels: Values, weights: Values, sensitivity: float = 0.95, specificity: float = 0.95
) -> tuple[float, float]:
    """Draw the lines below which fractures are ruled out and from which on they are ruled in.

    Where one line would satisfy both wishes (the two cross), both are put in the middle.

    Parameters
    ----------
    scores, labels, weights : ndarray, shape (n,)
        Calibrated scores in [0, 1], labels 0 or 1, and how much each picture counts.
    sensitivity : float
        At least this share of `fractured` lies at or above the lower line.
    specificity : float
        At least this share of `not_fractured` lies below the upper line.

    Returns
    -------
    tuple of float
        Rule-out and rule-in, each in (0, 1), the first not above the second.
    """
    positive = labels > 0.5
    lower = _quantile(scores[positive], weights[positive], 1.0 - sensitivity)
    upper = float(np.nextafter(_quantile(scores[~positive], weights[~positive], specificity), 1.0))
    if lower > upper:
        lower = upper = (lower + upper) / 2.0
    return (
        min(max(lower, _EDGE), 1.0 - _EDGE),
        min(max(upper, _EDGE), 1.0 - _EDGE),
    )


def _quantile(values: Values, weights: Values, share: float) -> float:
    """Give the smallest value up to which more than (for 0: none, for 1: all) a share of the weight lies."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) / np.sum(weights)
    # The tolerance keeps 0.95 of 20 pictures at 19 of them whatever the rounding of the sum.
    index = (
        int(np.searchsorted(reached, share + 1e-9, side="right"))
        if share < 0.5
        else int(np.searchsorted(reached, share - 1e-9, side="left"))
    )
    return float(values[order][min(index, values.size - 1)])
