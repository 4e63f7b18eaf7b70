"""The style baseline: how well the label is predicted without looking at a bone.

What a network reaches on such data says something about fractures only where it lies above this.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.extras import install_line
from model.lab.audit.style import style_features
from model.lab.dataset.examples import DatasetError, Example
from model.lab.dataset.folds import folds_by_unit
from model.lab.dataset.votes import source_votes
from model.lab.evaluation.bootstrap import draw_patients, interval
from model.lab.statistics.metrics import Interval
from model.lab.statistics.ranking import auroc_of

FOLDS: Final = 5
_TREES: Final = 200
_FEWEST: Final = 5
_SMALLEST_CHANCE: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Floor:
    """The AUROC of style alone, one vote a source, patients apart.

    Attributes
    ----------
    auroc : Interval
        95 %, by drawing patients.
    fractured, not_fractured : int
        Sources.
    """

    auroc: Interval
    fractured: int
    not_fractured: int


def style_out_of_fold(
    examples: Sequence[Example],
    folds: Sequence[int] | NDArray[np.intp],
    features: NDArray[np.float64] | None = None,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Score each file by its style alone, by a classifier that saw no file of its fold.

    Parameters
    ----------
    examples : sequence of Example
        Sources share one vote among their files.
    folds : sequence of int
        Of each example; the folds of a network, to be compared with it.
    features : ndarray, shape (n, 24), float64, optional
        Of `style_features`; else the files are read.
    seed : int

    Returns
    -------
    ndarray, shape (n,), float64
        The logit of `fractured`.

    Raises
    ------
    DatasetError
        scikit-learn is not installed, or a fold leaves one class alone to learn from.
    ScanError
        A file cannot be decoded.

    References
    ----------
    Geurts, Ernst and Wehenkel 2006, Machine Learning 63(1): extremely randomised trees.
    """
    try:
        from sklearn.ensemble import ExtraTreesClassifier
    except ImportError:
        raise DatasetError(f"the style floor needs scikit-learn: {install_line('train')}") from None
    if features is None:
        features = np.stack([style_features(example.path) for example in examples])
    held, labels = np.asarray(folds), np.array([example.label for example in examples])
    votes = source_votes(examples)
    scores = np.zeros(len(labels))
    for fold in np.unique(held):
        out = held == fold
        if set(labels[~out].tolist()) != {0, 1}:
            raise DatasetError("a fold leaves one class alone to learn from; take fewer folds")
        trees = ExtraTreesClassifier(_TREES, min_samples_leaf=2, random_state=seed, n_jobs=1)
        trees.fit(features[~out], labels[~out], sample_weight=votes[~out])
        chance = np.clip(trees.predict_proba(features[out])[:, 1], _SMALLEST_CHANCE, 1 - _SMALLEST_CHANCE)
        scores[out] = np.log(chance / (1 - chance))
    return scores


def style_floor(
    examples: Sequence[Example], features: NDArray[np.float64], seed: int = 0
) -> dict[str, Floor]:
    """Measure the style floor, over all and within each provenance.

    Parameters
    ----------
    examples : sequence of Example
        One a file, of both classes.
    features : ndarray, shape (n, 24), float64
    seed : int
        Of the folds, the trees and the interval.

    Returns
    -------
    dict of str to Floor
        `all`, then each provenance that has both classes.

    Raises
    ------
    DatasetError
        There are too few patients, or scikit-learn is missing.
    """
    scores = style_out_of_fold(examples, folds_by_unit(examples, FOLDS, seed), features, seed)
    rows: dict[str, list[int]] = {}
    for row, example in enumerate(examples):
        rows.setdefault(example.source, []).append(row)
    first = [examples[place[0]] for place in rows.values()]
    votes = np.array([scores[place].mean() for place in rows.values()])
    labels = np.array([example.label for example in first], np.float64)
    patients = np.array([example.patient for example in first])
    names = np.array([example.provenance for example in first])
    floors: dict[str, Floor] = {}
    for name in ("all", *sorted(set(names.tolist()))):
        kept = np.ones(len(first), np.bool_) if name == "all" else names == name
        counts = [int((labels[kept] == label).sum()) for label in (0, 1)]
        if min(counts) < _FEWEST:
            continue
        drawn = draw_patients(patients[kept].tolist(), names[kept].tolist(), labels[kept], seed=seed)
        auroc = interval(auroc_of(votes[kept], labels[kept], drawn))
        floors[name] = Floor(auroc, fractured=counts[1], not_fractured=counts[0])
    return floors
