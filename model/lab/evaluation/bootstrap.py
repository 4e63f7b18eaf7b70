"""Intervals over patients: pictures of one patient are drawn together, however many there are.

Patients are drawn within their provenance and label, so that each draw has as many of each kind as the data:
a provenance with a dozen of one label would be without it in many draws otherwise.

References
----------
Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapters 8 and 13.
Obuchowski 1997, Biometrics 53(2): AUROC of clustered data; the patient is the unit.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.lab.evaluation.sources import Sources
from model.lab.statistics.metrics import Interval

Draws = NDArray[np.float64]


def draw_votes(sources: Sources, draws: int = 2000, seed: int = 0) -> Draws:
    """Draw patients with replacement, as often as there are, within each provenance and label.

    Parameters
    ----------
    sources : Sources
        n of them.
    draws : int
    seed : int
        The same sources and seed give the same draws, so that two networks can be compared pair by pair.

    Returns
    -------
    ndarray, shape (1 + draws, n), float64
        How many votes each source has; in the first row one each, which are the data themselves.
    """
    return draw_patients(sources.patients, sources.provenances, sources.labels, draws, seed)


def draw_patients(
    patients: Sequence[str], provenances: Sequence[str], labels: Draws, draws: int = 2000, seed: int = 0
) -> Draws:
    """Draw votes as `draw_votes` does, for n pictures that have no table.

    Parameters
    ----------
    patients, provenances : sequence of str
        Of each picture.
    labels : ndarray, shape (n,)
    draws, seed : int

    Returns
    -------
    ndarray, shape (1 + draws, n), float64
    """
    kinds: dict[str, set[tuple[str, float]]] = defaultdict(set)
    for patient, provenance, label in zip(patients, provenances, labels.tolist(), strict=True):
        kinds[patient].add((provenance, label))
    strata: dict[tuple[tuple[str, float], ...], list[str]] = defaultdict(list)
    for patient in sorted(kinds):
        strata[tuple(sorted(kinds[patient]))].append(patient)
    place = {patient: index for index, patient in enumerate(sorted(kinds))}
    rng = np.random.default_rng(seed)
    times = np.ones((1 + draws, len(place)))
    for stratum in sorted(strata):
        members = strata[stratum]
        drawn = rng.multinomial(len(members), np.full(len(members), 1.0 / len(members)), size=draws)
        times[1:, [place[patient] for patient in members]] = drawn
    return times[:, [place[patient] for patient in patients]]


def interval(values: Draws) -> Interval:
    """Return the figure of the data and the 2.5 and 97.5 percentiles of the draws that have one.

    Parameters
    ----------
    values : ndarray, shape (1 + draws,)
        A figure for each row of `draw_votes`; NaN where there is none.

    Returns
    -------
    Interval
    """
    usable = values[1:][np.isfinite(values[1:])]
    if not np.isfinite(values[0]) or not usable.size:
        return Interval(float(values[0]), float("nan"), float("nan"))
    low, high = np.percentile(usable, [2.5, 97.5])
    return Interval(float(values[0]), float(low), float(high))
