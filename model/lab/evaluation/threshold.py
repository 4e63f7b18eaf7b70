"""What is right and wrong at a line through the scores, for many sets of votes at once."""

import numpy as np
from numpy.typing import NDArray

from model.decisions.decision import Decision
from model.lab.evaluation.sources import DECISIONS

Floats = NDArray[np.float64]


def threshold_figures(scores: Floats, labels: Floats, votes: Floats, line: float = 0.5) -> dict[str, Floats]:
    """Return the figures of calling `fractured` what scores at least the line.

    Parameters
    ----------
    scores, labels : ndarray, shape (n,)
        Calibrated scores in [0, 1]; labels 0 or 1.
    votes : ndarray, shape (k, n)
        k sets of votes, each at least 0.
    line : float
        Fixed before: 0.5 of the calibrated score, whatever the data say.

    Returns
    -------
    dict of str to ndarray, shape (k,)
        accuracy, precision, recall, specificity, f1, balanced_accuracy; NaN where there is nothing to
        divide by, but F1 and precision 0 where no picture is called `fractured`.
    """
    called, fractured = scores >= line, labels > 0.5
    true_positive = votes @ (called & fractured)
    false_positive = votes @ (called & ~fractured)
    false_negative = votes @ (~called & fractured)
    true_negative = votes @ (~called & ~fractured)
    recall = _ratio(true_positive, true_positive + false_negative)
    specificity = _ratio(true_negative, true_negative + false_positive)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(
            true_positive + false_positive > 0.0, true_positive / (true_positive + false_positive), 0.0
        )
        f1 = 2.0 * true_positive / (2.0 * true_positive + false_positive + false_negative)
    return {
        "accuracy": _ratio(true_positive + true_negative, votes.sum(axis=1)),
        "precision": np.where(np.isfinite(recall), precision, np.nan),
        "recall": recall,
        "specificity": specificity,
        "f1": np.where(np.isfinite(recall), f1, np.nan),
        "balanced_accuracy": (recall + specificity) / 2.0,
    }


def decision_figures(shares: Floats, labels: Floats, votes: Floats) -> dict[str, Floats]:
    """Return the figures of the four decisions.

    Parameters
    ----------
    shares : ndarray, shape (n, 4)
        Share of each source's files with each decision, in the order of `Decision`.
    labels : ndarray, shape (n,)
    votes : ndarray, shape (k, n)

    Returns
    -------
    dict of str to ndarray, shape (k,)
        `uncertain` and `abstained`: shares of all. `missed`: share of the fractured called `not_fractured`.
        `false_alarm`: share of the others called `fractured`. `ruled_in` and `ruled_out`: share of the
        fractured called `fractured`, and of the others called `not_fractured`.
    """
    column = {decision: shares[:, index] for index, decision in enumerate(DECISIONS)}
    fractured = labels > 0.5

    def share(decision: Decision, rows: NDArray[np.bool_]) -> Floats:
        return _ratio(votes[:, rows] @ column[decision][rows], votes[:, rows].sum(axis=1))

    everything = np.ones(len(labels), dtype=bool)
    return {
        "uncertain": share(Decision.UNCERTAIN, everything),
        "abstained": share(Decision.ABSTAINED, everything),
        "missed": share(Decision.NOT_FRACTURED, fractured),
        "false_alarm": share(Decision.FRACTURED, ~fractured),
        "ruled_in": share(Decision.FRACTURED, fractured),
        "ruled_out": share(Decision.NOT_FRACTURED, ~fractured),
    }


def _ratio(part: Floats, whole: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0.0, part / whole, np.nan)
