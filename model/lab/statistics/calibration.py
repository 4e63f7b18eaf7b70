"""Whether the probabilities mean what they say, for many sets of votes at once.

A score holds for a stated prevalence, and labelled pictures seldom have it. So here the labels' votes are
scaled until the share of `fractured` is the stated one; at 0.5 a Brier score of 0.25 is ignorance.

References
----------
Van Calster et al. 2019, BMC Medicine 17:230: slope, and intercept at a slope of 1.
Broecker and Smith 2007, Weather and Forecasting 22(3): how reliable a perfect model looks by chance.
"""

import numpy as np
from numpy.typing import NDArray

from model.decisions.calibration import shift_prevalence

Floats = NDArray[np.float64]

BINS = 10
"""Bins of equal width for the expected calibration error."""

_EDGE = 1e-12
_MAX_LOGIT = 30.0
_MAX_STEP = 2.0
_STEPS = 40


def calibration_figures(
    scores: Floats, labels: Floats, votes: Floats, prevalence: float = 0.5
) -> dict[str, Floats]:
    """Return the figures of calibration.

    Parameters
    ----------
    scores, labels : ndarray, shape (n,)
        Scores in [0, 1]; labels 0 or 1.
    votes : ndarray, shape (k, n)
        k sets of votes, each at least 0.
    prevalence : float
        Share of `fractured` that the scores assume, in (0, 1).

    Returns
    -------
    dict of str to ndarray, shape (k,)
        brier, slope (1 is right, less is too sure), intercept (0 is right, with the slope held at 1), ece;
        NaN where a label has no votes.
    """
    weights = at_prevalence(labels, votes, prevalence)
    usable = np.isfinite(weights).all(axis=1)
    found = {name: np.full(len(votes), np.nan) for name in ("brier", "slope", "intercept", "ece")}
    if not usable.any():
        return found
    kept = weights[usable]
    evidence = _logit(scores)
    found["brier"][usable] = kept @ np.square(scores - labels) / kept.sum(axis=1)
    found["slope"][usable] = _slope(evidence, labels, kept)
    found["intercept"][usable] = _intercept(evidence, labels, kept)
    found["ece"][usable] = expected_calibration_error(scores, labels, kept)
    return found


def at_prevalence(labels: Floats, votes: Floats, prevalence: float) -> Floats:
    """Scale votes (k, n) so that the share of `fractured` is the prevalence, and their sum stays.

    `labels` is (n,), or (k, n) where each set of votes has its own; a row is NaN if a label has no votes.

    Parameters
    ----------
    labels, votes : ndarray, shape (n,), float64
    prevalence : float

    Returns
    -------
    ndarray, shape (n,), float64
    """
    fractured = np.broadcast_to(labels > 0.5, votes.shape)
    positive = np.where(fractured, votes, 0.0).sum(axis=1, keepdims=True)
    total = votes.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        up, down = prevalence * total / positive, (1.0 - prevalence) * total / (total - positive)
        scaled = votes * np.where(fractured, up, down)
    return np.where((positive > 0.0) & (positive < total), scaled, np.nan)


def expected_calibration_error(scores: Floats, labels: Floats, weights: Floats) -> Floats:
    """Return the mean distance between score and share of `fractured` over bins of equal width.

    Parameters
    ----------
    scores : ndarray, shape (n,)
    labels : ndarray, shape (n,) or (k, n)
    weights : ndarray, shape (k, n)

    Returns
    -------
    ndarray, shape (k,)
        In [0, 1].
    """
    place = np.minimum((scores * BINS).astype(np.intp), BINS - 1)
    member = np.zeros((scores.size, BINS))
    member[np.arange(scores.size), place] = 1.0
    gaps = (weights * (labels - scores)) @ member
    return np.asarray(np.abs(gaps).sum(axis=1) / weights.sum(axis=1))


def perfect_calibration_errors(
    scores: Floats, labels: Floats, prevalence: float = 0.5, draws: int = 2000, seed: int = 0
) -> Floats:
    """Return the ECE that models with these very scores would have by chance, were each score true.

    Parameters
    ----------
    scores, labels : ndarray, shape (n,)
        The labels give the share of `fractured` among these pictures, no more.
    prevalence : float
        What the scores assume; each is restated for the share among these pictures before labels are drawn.
    draws : int
        Simulated models.
    seed : int

    Returns
    -------
    ndarray, shape (at most draws,)
        Those in which both labels were drawn; empty if one label is missing from the pictures.
    """
    share = float(np.mean(labels > 0.5))
    if not 0.0 < share < 1.0:
        return np.empty(0)
    restated = np.array([shift_prevalence(float(score), prevalence, share) for score in scores])
    rng = np.random.default_rng(seed)
    drawn = (rng.random((draws, scores.size)) < restated).astype(np.float64)
    weights = at_prevalence(drawn, np.ones_like(drawn), prevalence)
    usable = np.isfinite(weights).all(axis=1)
    return expected_calibration_error(scores, drawn[usable], weights[usable])


def _logit(scores: Floats) -> Floats:
    clipped = np.clip(scores, _EDGE, 1.0 - _EDGE)
    return np.asarray(np.log(clipped) - np.log1p(-clipped))


def _slope(evidence: Floats, labels: Floats, weights: Floats) -> Floats:
    """Fit intercept and slope by Newton's method, all sets of weights side by side; give the slopes."""
    powers = np.stack([np.ones_like(evidence), evidence, np.square(evidence)], axis=1)
    observed = weights @ (labels[:, None] * powers[:, :2])
    solution = np.tile([0.0, 1.0], (len(weights), 1))
    going = np.arange(len(weights))
    for _ in range(_STEPS):
        given = _sigmoid(solution[going] @ powers[:, :2].T)
        expected = weights[going] * given
        # A hint of ridge: where a draw separates the labels, the best slope is infinite.
        error = expected @ powers[:, :2] - observed[going] + 1e-6 * solution[going]
        curve = (expected * (1.0 - given)) @ powers + [1e-6, 0.0, 1e-6]
        determinant = curve[:, 0] * curve[:, 2] - np.square(curve[:, 1])
        step = np.stack(
            [
                curve[:, 2] * error[:, 0] - curve[:, 1] * error[:, 1],
                curve[:, 0] * error[:, 1] - curve[:, 1] * error[:, 0],
            ],
            axis=1,
        )
        step /= determinant[:, None]
        size = np.abs(step).max(axis=1)
        solution[going] -= step / np.maximum(1.0, size / _MAX_STEP)[:, None]
        going = going[size > 1e-6]
        if not going.size:
            break
    return solution[:, 1]


def _intercept(evidence: Floats, labels: Floats, weights: Floats) -> Floats:
    """Fit the intercept with the slope held at 1."""
    solution = np.zeros(len(weights))
    for _ in range(_STEPS):
        given = _sigmoid(solution[:, None] + evidence)
        error = (weights * (given - labels)).sum(axis=1)
        curve = (weights * given * (1.0 - given)).sum(axis=1) + 1e-9
        step = np.clip(error / curve, -_MAX_STEP, _MAX_STEP)
        solution -= step
        if np.abs(step).max() < 1e-6:
            break
    return solution


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(values, -_MAX_LOGIT, _MAX_LOGIT))))
