"""From logits of held-out pictures to scores and decisions, each without the fold that it is for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.decisions.calibration import Calibration, fit_platt, rule_lines
from model.decisions.decision import Thresholds, decide
from model.lab.dataset.examples import Example
from model.lab.dataset.votes import SOURCES_OF_A_PROVENANCE, provenance_votes, source_votes
from model.lab.evaluation.scored import Scored

Float = NDArray[np.float64]

_LEAST_SHARE = 1e-3


@dataclass(frozen=True, slots=True)
class Aims:
    """What the lines between decisions are drawn for.

    Parameters
    ----------
    sensitivity, specificity : float
        Of the lines of rule-out and rule-in.
    abstain_share : float
        Share of the sources that may be called strange, each provenance weighing the same; see
        `usual_distance`.
    """

    sensitivity: float = 0.95
    specificity: float = 0.95
    abstain_share: float = 0.025


def draw_lines(
    logits: Float, distances: Float, examples: Sequence[Example], aims: Aims
) -> tuple[Calibration, Thresholds]:
    """Calibrate at a prevalence of one half, and draw the lines, on pictures that were held out.

    Parameters
    ----------
    logits, distances : ndarray, shape (n,)
    examples : sequence of Example
        Of each; a picture may stand there once a seed. A source has one vote.
    aims : Aims

    Returns
    -------
    Calibration
    Thresholds

    Raises
    ------
    ReleaseError
        The network orders the pictures the wrong way round.
    """
    labels = np.array([example.label for example in examples], dtype=np.float64)
    votes = source_votes(examples)
    calibration = fit_platt(logits, labels, votes)
    scores = np.array([calibration.score(float(logit)) for logit in logits])
    rule_out, rule_in = rule_lines(scores, labels, votes, aims.sensitivity, aims.specificity)
    return calibration, Thresholds(rule_out, rule_in, usual_distance(distances, examples, aims.abstain_share))


def usual_distance(distances: Float, examples: Sequence[Example], abstain_share: float) -> float:
    """Return the distance beyond which at most a share of the sources lies, provenances weighing the same.

    Over all sources alike, a small collection could be called strange as a whole. One of a handful weighs
    less, so that no single source sets the bound for all.

    Parameters
    ----------
    distances : ndarray, shape (n,), float64
    examples : sequence of Example
        Of each.
    abstain_share : float

    Returns
    -------
    float
    """
    votes = provenance_votes(examples, max(SOURCES_OF_A_PROVENANCE, 1.0 / max(abstain_share, _LEAST_SHARE)))
    order = np.argsort(distances, kind="stable")
    reached = np.cumsum(votes[order]) / votes.sum()
    index = int(np.searchsorted(reached, 1.0 - abstain_share - 1e-9))
    return float(distances[order][min(index, len(order) - 1)])


def nested_lines(
    logits: Float, distances: Float, examples: Sequence[Example], folds: Sequence[int], aims: Aims
) -> dict[int, tuple[Calibration, Thresholds]]:
    """Return each fold the calibration and the lines that were drawn on the other folds.

    Parameters
    ----------
    logits, distances : ndarray, shape (n,)
        By networks that saw no picture of the fold.
    examples : sequence of Example
        Each once.
    folds : sequence of int
        Of each.
    aims : Aims

    Returns
    -------
    dict of int to (Calibration, Thresholds)
    """
    held = np.asarray(folds)
    found = {}
    for fold in sorted(set(folds)):
        others = np.flatnonzero(held != fold)
        found[fold] = draw_lines(
            logits[others], distances[others], [examples[int(row)] for row in others], aims
        )
    return found


def score_nested(
    logits: Float, distances: Float, examples: Sequence[Example], folds: Sequence[int], aims: Aims
) -> Scored:
    """Score and decide each picture by a calibration and lines drawn on the other folds.

    Parameters
    ----------
    logits, distances, examples, folds, aims
        See `nested_lines`.

    Returns
    -------
    Scored
    """
    held = np.asarray(folds)
    scores = np.empty(len(examples))
    decisions = {}
    for fold, (calibration, thresholds) in nested_lines(logits, distances, examples, folds, aims).items():
        for row in np.flatnonzero(held == fold):
            scores[row] = calibration.score(float(logits[row]))
            decisions[int(row)] = decide(float(scores[row]), float(distances[row]), thresholds)
    return Scored(
        tuple(examples), logits, scores, tuple(decisions[row] for row in range(len(examples))), distances
    )
