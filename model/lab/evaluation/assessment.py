"""What predictions are worth: the figures, each with its interval."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.lab.evaluation.bootstrap import interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its 95 % interval over patients.

    Parameters
    ----------
    value : float
        Mean over the seeds; NaN where there is nothing to estimate from.
    low, high : float
    seeds : tuple of float
        The figure of each seed; empty with one.
    """

    value: float
    low: float
    high: float
    seeds: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Figures of a group of sources.

    Parameters
    ----------
    by : {"all", "provenance", "region", "size"}
    name : str
    sources, fractured, patients, files : int
        How many; `fractured` counts sources.
    figures : dict of str to Figure
        By the names of `model.lab.evaluation.figures.WORDS`, with the mean vote of each source's files.
    """

    by: str
    name: str
    sources: int
    fractured: int
    patients: int
    files: int
    figures: dict[str, Figure]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A source whose score is far from its label.

    Parameters
    ----------
    sha256 : str
        Of the file of the source whose score is worst.
    label : str
    score : float
        Of the source, mean over the seeds.
    decision : str
        About that file, by the first seed.
    provenance, region : str
    """

    sha256: str
    label: str
    score: float
    decision: str
    provenance: str
    region: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """What predictions are worth.

    Parameters
    ----------
    seeds : tuple of int
        Of the trainings; one entry for a single release.
    draws : int
        Of the bootstrap.
    prevalence : float
        Share of `fractured` that the scores assume.
    within : tuple of str
        Provenances whose pairs count for `within_auroc`.
    groups : tuple of Group
        All pictures first, then by provenance, region and size.
    one_file : dict of str to Figure
        Of all pictures, with one file of each source voting, drawn at random.
    perfect_ece : dict of str to float
        `median` and `p95` of the calibration error of simulated models with the same scores, all true.
    decisions : dict of str to dict of str to float
        Votes of sources by label and decision, mean over the seeds.
    predictive : list of dict
        `prevalence`, and `ppv`, `npv`, `ppv_at_line`, `npv_at_line` as figures.
    views : list of dict
        `views`, and `fractured` and `at_line` as figures: false alarms of the worst of so many views.
    mistakes : tuple of Mistake
        The worst first.
    """

    seeds: tuple[int, ...]
    draws: int
    prevalence: float
    within: tuple[str, ...]
    groups: tuple[Group, ...]
    one_file: dict[str, Figure]
    perfect_ece: dict[str, float]
    decisions: dict[str, dict[str, float]]
    predictive: list[dict[str, Any]]
    views: list[dict[str, Any]]
    mistakes: tuple[Mistake, ...] = field(default=())

    @property
    def pooled(self) -> Group:
        """The figures of all pictures."""
        return self.groups[0]

    def as_plain(self) -> dict[str, Any]:
        """Return the figures as what JSON knows; what is not a number is None.

        Returns
        -------
        dict of str to object
        """
        plain: dict[str, Any] = as_plain(asdict(self))
        return plain


def as_plain(value: Any) -> Any:
    """Return a structure of figures as what JSON knows; what is not a number is None.

    Parameters
    ----------
    value : object

    Returns
    -------
    object
    """
    if isinstance(value, Mapping):
        return {str(key): as_plain(inner) for key, inner in value.items()}
    if isinstance(value, (tuple, list)):
        return [as_plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def summarise(per_seed: Sequence[Floats]) -> Figure:
    """Return the mean over seeds of a figure (1 + draws,), its interval, and each seed's own.

    Parameters
    ----------
    per_seed : sequence of (ndarray, shape (1 + draws,), float64)

    Returns
    -------
    Figure
    """
    found = interval(np.mean(np.stack(list(per_seed)), axis=0))
    seeds = tuple(float(values[0]) for values in per_seed) if len(per_seed) > 1 else ()
    return Figure(found.value, found.low, found.high, seeds)
