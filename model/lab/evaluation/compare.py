"""Which of two networks is better on the same pictures, and by how much.

References
----------
McNemar 1947, Psychometrika 12(2); in its exact form, a binomial test on the sources that one alone has right.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from model.lab.evaluation.assess import in_one_order
from model.lab.evaluation.assessment import Figure, as_plain, summarise
from model.lab.evaluation.bootstrap import draw_votes
from model.lab.evaluation.figures import LINE, Rule, figure_draws, usual_within
from model.lab.evaluation.scored import Scored
from model.lab.evaluation.sources import Sources, mean_votes


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of both networks.

    Parameters
    ----------
    first, second : float
    difference : Figure
        The first less the second, in the same draws of patients.
    """

    first: float
    second: float
    difference: Figure


@dataclass(frozen=True, slots=True)
class McNemar:
    """Sources that exactly one of two networks gets right with the line at 0.5.

    Parameters
    ----------
    first_only, second_only : float
        How many; mean over the seeds.
    p : float
        Chance of a split at least as uneven if both were equally good, two-sided; of the first seed.
    """

    first_only: float
    second_only: float
    p: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two networks on the same pictures.

    Parameters
    ----------
    sources : int
    within : tuple of str
        Provenances for the AUROC within provenance.
    figures : dict of str to Difference
        By the names of `model.lab.evaluation.figures.WORDS`.
    mcnemar : McNemar
    """

    sources: int
    within: tuple[str, ...]
    figures: dict[str, Difference]
    mcnemar: McNemar

    def as_plain(self) -> dict[str, Any]:
        """Return the comparison as what JSON knows; what is not a number is None.

        Returns
        -------
        dict of str to object
        """
        plain: dict[str, Any] = as_plain(asdict(self))
        return plain


def compare(
    first: Mapping[int, Scored],
    second: Mapping[int, Scored],
    *,
    prevalences: tuple[float, float] = (0.5, 0.5),
    within: Sequence[str] | None = None,
    draws: int = 2000,
    seed: int = 0,
) -> Comparison:
    """Compare two networks, or two trainings of as many seeds, on the same pictures.

    Parameters
    ----------
    first, second : mapping of int to Scored
        By seed of the training; the same pictures, in any order. Figures are means over each one's seeds.
    prevalences : tuple of float
        What the scores of the first and of the second assume.
    within : sequence of str, optional
        As in `model.lab.evaluation.assess.assess`.
    draws, seed : int
        Of the bootstrap: both are figured in the same draws, so what is hard for both cancels.

    Returns
    -------
    Comparison

    Raises
    ------
    DatasetError
        The pictures are not the same.
    """
    tables = in_one_order([*first.values(), *second.values()])
    mean = [mean_votes(table) for table in tables]
    ones, others = mean[: len(first)], mean[len(first) :]
    kept = usual_within(mean[0]) if within is None else tuple(sorted(set(within)))
    votes = draw_votes(mean[0], draws, seed)
    drawn = []
    for side, prevalence in zip((ones, others), prevalences, strict=True):
        found = [figure_draws(sources, votes, Rule(prevalence, kept)) for sources in side]
        drawn.append({name: np.mean([one[name] for one in found], axis=0) for name in found[0]})
    figures = {
        name: Difference(
            float(drawn[0][name][0]), float(drawn[1][name][0]), summarise([drawn[0][name] - drawn[1][name]])
        )
        for name in drawn[0]
    }
    return Comparison(len(mean[0].names), kept, figures, _mcnemar(ones, others))


def mcnemar_p(first_only: int, second_only: int) -> float:
    """Return the exact two-sided chance of so uneven a split of the sources that exactly one gets right.

    Parameters
    ----------
    first_only, second_only : int

    Returns
    -------
    float
    """
    count = first_only + second_only
    tail = sum(math.comb(count, k) for k in range(min(first_only, second_only) + 1))
    return min(1.0, tail / 2 ** (count - 1)) if count else 1.0


def _mcnemar(ones: Sequence[Sources], others: Sequence[Sources]) -> McNemar:
    right, also = (
        [(sources.scores >= LINE) == (sources.labels > 0.5) for sources in side] for side in (ones, others)
    )
    pairs = [(one, other) for one in right for other in also]
    return McNemar(
        float(np.mean([(one & ~other).sum() for one, other in pairs])),
        float(np.mean([(other & ~one).sum() for one, other in pairs])),
        mcnemar_p(int((right[0] & ~also[0]).sum()), int((also[0] & ~right[0]).sum())),
    )
