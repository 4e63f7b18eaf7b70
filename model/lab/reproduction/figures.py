"""How often the published network is right, by file as published and by source with patients apart."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.decisions.decision import Decision
from model.lab.dataset.examples import Example
from model.lab.evaluation.bootstrap import draw_votes, interval
from model.lab.evaluation.scored import Scored
from model.lab.evaluation.sources import Sources, mean_votes
from model.lab.statistics.metrics import Interval
from model.lab.statistics.ranking import auroc_of, within_auroc_of

Floats = NDArray[np.float64]

_Z = 1.959964
NO_PROVENANCE = frozenset({"other", "unknown"})
"""Names under which pictures of many origins stand together: a pair of them is no pair of one provenance."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Right and wrong answers, `fractured` being positive.

    Parameters
    ----------
    true_fractured, false_fractured, true_not_fractured, false_not_fractured : int
        By the answer, and whether it is true.
    """

    true_fractured: int
    false_fractured: int
    true_not_fractured: int
    false_not_fractured: int

    @property
    def total(self) -> int:
        """How many answers."""
        return self.right + self.false_fractured + self.false_not_fractured

    @property
    def right(self) -> int:
        """How many of them are true."""
        return self.true_fractured + self.true_not_fractured


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of answers; one that rests on no count is NaN.

    Parameters
    ----------
    counts : Counts
    accuracy : Interval
        With Wilson's interval.
    recall, specificity : Interval
        Of `fractured` and of `not_fractured`, with Wilson's interval.
    precision, f1 : float
        Of `fractured`.
    macro_precision, macro_recall, macro_f1 : float
        Mean over both classes; the mean recall is the balanced accuracy.
    """

    counts: Counts
    accuracy: Interval
    recall: Interval
    specificity: Interval
    precision: float
    f1: float
    macro_precision: float
    macro_recall: float
    macro_f1: float


def wilson(hits: int, count: int) -> Interval:
    """Return a share with Wilson's 95 % interval; NaN of none.

    Parameters
    ----------
    hits, count : int

    Returns
    -------
    Interval

    References
    ----------
    Wilson 1927, Journal of the American Statistical Association 22(158).
    """
    if not count:
        return Interval(math.nan, math.nan, math.nan)
    share, grown = hits / count, 1.0 + _Z**2 / count
    centre = (share + _Z**2 / (2 * count)) / grown
    half = _Z / grown * math.sqrt(share * (1.0 - share) / count + _Z**2 / (4 * count**2))
    return Interval(share, max(centre - half, 0.0), min(centre + half, 1.0))


def figures_of(labels: NDArray[np.generic], evidence: Floats) -> Figures:
    """Compare answers with the truth.

    Parameters
    ----------
    labels : ndarray, shape (n,)
        1 is `fractured`.
    evidence : ndarray, shape (n,)
        The answer is `fractured` above 0: the larger of the two sigmoids, as published.

    Returns
    -------
    Figures
    """
    predicted = evidence > 0.0
    true = labels == 1
    counts = Counts(
        int((predicted & true).sum()),
        int((predicted & ~true).sum()),
        int((~predicted & ~true).sum()),
        int((~predicted & true).sum()),
    )
    fractured = _precision_recall_f1(
        counts.true_fractured, counts.false_fractured, counts.false_not_fractured
    )
    other = _precision_recall_f1(
        counts.true_not_fractured, counts.false_not_fractured, counts.false_fractured
    )
    return Figures(
        counts,
        wilson(counts.right, counts.total),
        wilson(counts.true_fractured, int(true.sum())),
        wilson(counts.true_not_fractured, int((~true).sum())),
        fractured[0],
        fractured[2],
        *((one + two) / 2.0 for one, two in zip(fractured, other, strict=True)),
    )


def _precision_recall_f1(hits: int, false: int, missed: int) -> tuple[float, float, float]:
    return (
        hits / (hits + false) if hits + false else math.nan,
        hits / (hits + missed) if hits + missed else math.nan,
        2 * hits / (2 * hits + false + missed) if hits + false + missed else math.nan,
    )


def sources_of(examples: Sequence[Example], evidence: Floats) -> Sources:
    """Return each source one vote: the mean over its files of the evidence.

    Parameters
    ----------
    examples : sequence of Example
    evidence : ndarray, shape (n,)
        Logit of `fractured` less that of `not_fractured`.

    Returns
    -------
    Sources

    Raises
    ------
    DatasetError
        A source has both labels, or belongs to two patients.
    """
    decisions = tuple(Decision.FRACTURED if one > 0.0 else Decision.NOT_FRACTURED for one in evidence)
    scores = 1.0 / (1.0 + np.exp(-np.clip(evidence, -30.0, 30.0)))
    return mean_votes(Scored(tuple(examples), evidence, scores, decisions, np.zeros(len(evidence))))


def of_provenance(sources: Sources, provenance: str) -> Sources:
    """Return the sources of one provenance.

    Parameters
    ----------
    sources : Sources
    provenance : str

    Returns
    -------
    Sources
    """
    return sources.take(np.flatnonzero(np.asarray(sources.provenances) == provenance))


def auroc_interval(sources: Sources, seed: int) -> Interval:
    """Return the AUROC over sources with a 95 % interval over patients.

    Parameters
    ----------
    sources : Sources
    seed : int

    Returns
    -------
    Interval
    """
    return interval(auroc_of(sources.logits, sources.labels, draw_votes(sources, seed=seed)))


def within_auroc_interval(sources: Sources, seed: int) -> Interval:
    """Return the AUROC over pairs of one provenance, with a 95 % interval over patients.

    Sources whose provenance is `other` or `unknown` are left out: those of two such have not one origin.

    Parameters
    ----------
    sources : Sources
    seed : int

    Returns
    -------
    Interval
    """
    known = [row for row, name in enumerate(sources.provenances) if name not in NO_PROVENANCE]
    if not known:
        return Interval(math.nan, math.nan, math.nan)
    kept = sources.take(np.array(known, dtype=np.intp))
    votes = draw_votes(kept, seed=seed)
    return interval(within_auroc_of(kept.logits, kept.labels, votes, np.asarray(kept.provenances)))
