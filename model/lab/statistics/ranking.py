"""How well scores put fractured pictures above the others, for many sets of votes at once.

scikit-learn gives the same figures for one set of votes; for 2,000 draws of a bootstrap that takes minutes,
and this a fraction of a second, since scores are sorted once. The tests hold one against the other.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def auroc_of(scores: Floats, labels: Floats, votes: Floats) -> Floats:
    """Return the share of pairs in the right order; ties count half.

    Parameters
    ----------
    scores, labels : ndarray, shape (n,)
        Any scores; labels 0 or 1.
    votes : ndarray, shape (k, n)
        k sets of votes, each at least 0.

    Returns
    -------
    ndarray, shape (k,)
        NaN where a label has no votes.

    References
    ----------
    Hanley and McNeil 1982, Radiology 143(1).
    """
    won, pairs = _pairs(scores, labels, votes)
    return _ratio(won, pairs)


def within_auroc_of(scores: Floats, labels: Floats, votes: Floats, strata: NDArray[np.str_]) -> Floats:
    """Return the share of pairs in the right order, only pairs within one stratum counted, each pair once.

    Parameters
    ----------
    scores, labels, votes
        As in `auroc_of`.
    strata : ndarray, shape (n,)
        Where each picture comes from: style cannot help where both pictures of a pair share it.

    Returns
    -------
    ndarray, shape (k,)
        NaN where no stratum has votes for both labels.
    """
    won, pairs = np.zeros(len(votes)), np.zeros(len(votes))
    for name in np.unique(strata):
        rows = strata == name
        some_won, some_pairs = _pairs(scores[rows], labels[rows], votes[:, rows])
        won, pairs = won + some_won, pairs + some_pairs
    return _ratio(won, pairs)


def auprc_of(scores: Floats, labels: Floats, votes: Floats) -> Floats:
    """Return the average precision: precision at each new score, weighted by the recall that it adds.

    Without knowledge it is the share of `fractured`.

    Parameters
    ----------
    scores, labels : ndarray, shape (n,)
        Any scores; labels 0 or 1.
    votes : ndarray, shape (k, n)
        k sets of votes, each at least 0.

    Returns
    -------
    ndarray, shape (k,)
        NaN where a label has no votes.
    """
    positive, negative = _at_distinct(scores, labels, votes)
    positive, negative = positive[:, ::-1], negative[:, ::-1]
    true, false = np.cumsum(positive, axis=1), np.cumsum(negative, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(true > 0.0, true / (true + false), 0.0)
        result = (positive * precision).sum(axis=1) / true[:, -1]
    return np.where(false[:, -1] > 0.0, result, np.nan)


def _pairs(scores: Floats, labels: Floats, votes: Floats) -> tuple[Floats, Floats]:
    """Return the pairs in the right order, and all pairs."""
    if not scores.size:
        return np.zeros(len(votes)), np.zeros(len(votes))
    positive, negative = _at_distinct(scores, labels, votes)
    below = np.cumsum(negative, axis=1) - negative
    return (
        (positive * (below + negative / 2.0)).sum(axis=1),
        positive.sum(axis=1) * negative.sum(axis=1),
    )


def _at_distinct(scores: Floats, labels: Floats, votes: Floats) -> tuple[Floats, Floats]:
    """Return the votes of each label at each distinct score, lowest score first."""
    order = np.argsort(scores, kind="stable")
    _, first = np.unique(scores[order], return_index=True)
    fractured = labels[order] > 0.5
    ordered = votes[:, order]
    return (
        np.add.reduceat(np.where(fractured, ordered, 0.0), first, axis=1),
        np.add.reduceat(np.where(fractured, 0.0, ordered), first, axis=1),
    )


def _ratio(part: Floats, whole: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0.0, part / whole, np.nan)
