"""The figures that are given of every group of pictures, for many sets of votes at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.lab.evaluation.sources import Sources
from model.lab.evaluation.threshold import decision_figures, threshold_figures
from model.lab.statistics.calibration import calibration_figures
from model.lab.statistics.ranking import auprc_of, auroc_of, within_auroc_of

Floats = NDArray[np.float64]

LINE = 0.5
"""The line through the calibrated score: fixed before any figure was seen."""

FEWEST = 5
"""With fewer sources of a label the pairs within a provenance say nothing, and are left out."""

NO_ORIGIN = frozenset({"other", "unknown"})
"""Provenances that name no common origin, so that their pictures share no style."""

WORDS = {
    "within_auroc": "AUROC within provenance",
    "auroc": "AUROC, pooled",
    "within_auroc_of_scores": "AUROC within provenance, of calibrated scores",
    "auroc_of_scores": "AUROC, pooled, of calibrated scores",
    "auprc": "AUPRC, pooled",
    "balanced_accuracy": "Balanced accuracy at 0.5",
    "accuracy": "Accuracy at 0.5",
    "precision": "Precision at 0.5",
    "recall": "Recall (sensitivity) at 0.5",
    "specificity": "Specificity at 0.5",
    "f1": "F1 at 0.5",
    "brier": "Brier score",
    "slope": "Calibration slope",
    "intercept": "Calibration intercept",
    "ece": "Expected calibration error",
    "uncertain": "Called uncertain, of all",
    "abstained": "Abstained, of all",
    "ruled_in": "Called fractured, of the fractured",
    "missed": "Called not fractured, of the fractured",
    "false_alarm": "Called fractured, of the others",
    "ruled_out": "Called not fractured, of the others",
}
"""What each figure is called in a report, in this order."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What figures hold for.

    Parameters
    ----------
    prevalence : float
        Share of `fractured` that the scores assume, in (0, 1).
    within : tuple of str
        Provenances whose pairs count for the AUROC within provenance; others are left out of it.
    """

    prevalence: float
    within: tuple[str, ...]


def usual_within(sources: Sources) -> tuple[str, ...]:
    """Choose the provenances that have enough sources of both labels and name an origin.

    Where none names an origin, as in a folder of one hospital, all that have enough are taken.

    Parameters
    ----------
    sources : Sources

    Returns
    -------
    tuple of str
    """
    return comparable(sources.provenances, sources.labels)


def comparable(provenances: Sequence[str], labels: Floats) -> tuple[str, ...]:
    """Choose provenances as `usual_within` does, by those and the labels of sources, one each.

    Parameters
    ----------
    provenances : sequence of str
    labels : ndarray, shape (n,), float64

    Returns
    -------
    tuple of str
    """
    enough = []
    for name in sorted(set(provenances)):
        own = labels[np.array(provenances) == name]
        if min((own > 0.5).sum(), (own <= 0.5).sum()) >= FEWEST:
            enough.append(name)
    return tuple(name for name in enough if name not in NO_ORIGIN) or tuple(enough)


def figure_draws(sources: Sources, votes: Floats, rule: Rule) -> dict[str, Floats]:
    """Return each figure of `WORDS` for each set of votes.

    Parameters
    ----------
    sources : Sources
        n of them; uncertain and abstained ones count in every figure.
    votes : ndarray, shape (k, n)
    rule : Rule

    Returns
    -------
    dict of str to ndarray, shape (k,)
        NaN where a figure does not exist.
    """
    scores, labels = sources.scores, sources.labels
    strata = np.array(sources.provenances)
    kept = np.isin(strata, rule.within)

    def within(values: Floats) -> Floats:
        return within_auroc_of(values[kept], labels[kept], votes[:, kept], strata[kept])

    found = {
        "within_auroc": within(sources.logits),
        "auroc": auroc_of(sources.logits, labels, votes),
        "within_auroc_of_scores": within(scores),
        "auroc_of_scores": auroc_of(scores, labels, votes),
        "auprc": auprc_of(sources.logits, labels, votes),
        **threshold_figures(scores, labels, votes, LINE),
        **calibration_figures(scores, labels, votes, rule.prevalence),
        **decision_figures(sources.shares, labels, votes),
    }
    return {name: found[name] for name in WORDS}


def predictive_draws(
    found: dict[str, Floats], prevalences: Sequence[float]
) -> dict[float, dict[str, Floats]]:
    """Return the predictive values of the decisions at a given prevalence.

    Parameters
    ----------
    found : dict
        Of `figure_draws`.
    prevalences : sequence of float
        Shares of `fractured`, in (0, 1).

    Returns
    -------
    dict of float to dict of str to ndarray, shape (k,)
        `ppv`: share of fractures among those called `fractured`; `npv`: share without one among those
        called `not_fractured`; `ppv_at_line` and `npv_at_line` the same with the one line at 0.5. NaN where
        no picture is called so.
    """
    return {
        share: {
            "ppv": _bayes(share, found["ruled_in"], found["false_alarm"]),
            "npv": _bayes(1.0 - share, found["ruled_out"], found["missed"]),
            "ppv_at_line": _bayes(share, found["recall"], 1.0 - found["specificity"]),
            "npv_at_line": _bayes(1.0 - share, found["specificity"], 1.0 - found["recall"]),
        }
        for share in prevalences
    }


def any_view_draws(false_alarm: Floats, views: Sequence[int]) -> dict[int, Floats]:
    """Return the rate of false alarms if an examination is called by the worst of its views.

    Views are taken as independent: those of one patient err together more often than that, so that the rate
    of a real examination lies between that of one view and this.

    Parameters
    ----------
    false_alarm : ndarray, shape (k,)
        Share of single pictures without a fracture that are called fractured.
    views : sequence of int

    Returns
    -------
    dict of int to (ndarray, shape (draws,), float64)
    """
    return {count: 1.0 - (1.0 - false_alarm) ** count for count in views}


def _bayes(share: float, right: Floats, wrong: Floats) -> Floats:
    called = share * right + (1.0 - share) * wrong
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(called > 0.0, share * right / called, np.nan)
