"""How good a release is on patients it has never seen, and how far style alone would carry it."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.classifier import Classifier, Prediction
from model.dataset.examples import Example
from model.dataset.votes import source_votes
from model.decision import Decision
from model.errors import BadNetworkOutput
from model.evaluation.metrics import Interval, auroc_interval

_FEWEST = 5
"""With fewer sources of a label an AUROC within a provenance says nothing, and is left out of the mean."""

_CENTRE = slice(34, 190)
"""The central 156 of 224: without it little bone is left, so what remains is style."""


@dataclass(frozen=True, slots=True)
class Group:
    """Figures of a group of test pictures.

    Parameters
    ----------
    name : str
    sources, fractured, patients, files : int
        How many; `fractured` counts sources.
    auroc : Interval
        One vote a source; the interval is over patients.
    """

    name: str
    sources: int
    fractured: int
    patients: int
    files: int
    auroc: Interval


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of a release on pictures.

    Parameters
    ----------
    pooled : Group
        All pictures: provenance helps here, which is no merit.
    within : tuple of Group
        Each provenance alone.
    mean_within : Interval
        Mean of the AUROC within those provenances that have enough of both labels.
    decisions : dict
        Votes of sources by label and decision.
    brier : float
        Weighted mean squared error of the score with both labels weighing the same; 0.25 is ignorance.
    without_centre : tuple of Group
        `pooled` and `within` again, the central 156 x 156 of 224 blacked out.
    """

    pooled: Group
    within: tuple[Group, ...]
    mean_within: Interval
    decisions: dict[str, dict[str, float]]
    brier: float
    without_centre: tuple[Group, ...]

    def as_plain(self) -> dict[str, Any]:
        """Give the figures as what JSON knows; what is not a number is None."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def evaluate(
    classifier: Classifier, examples: Sequence[Example], inputs: NDArray[np.uint16], seed: int = 0
) -> Evaluation:
    """Evaluate a release by the very path that the daemon takes.

    Parameters
    ----------
    classifier : Classifier
    examples : sequence of Example
        Of patients that training, calibration and thresholds never used; both labels occur.
    inputs : ndarray, shape (n, 224, 224), uint16
        Their prepared pictures.
    seed : int
        Of the bootstrap.

    Returns
    -------
    Evaluation

    Raises
    ------
    BadNetworkOutput
        A picture's output is not finite.
    """
    predictions = _predict(classifier, inputs)
    logits = np.array([prediction.logit for prediction in predictions])
    groups = _groups(logits, examples, seed)
    masked = inputs.copy()
    masked[:, _CENTRE, _CENTRE] = 0
    hidden = np.array([prediction.logit for prediction in _predict(classifier, masked)])
    return Evaluation(
        pooled=groups[0],
        within=groups[1:],
        mean_within=_mean_within(logits, examples, groups[1:], seed),
        decisions=_decisions(predictions, examples),
        brier=_brier(predictions, examples),
        without_centre=_groups(hidden, examples, seed),
    )


def _predict(classifier: Classifier, inputs: NDArray[np.uint16]) -> list[Prediction]:
    given = classifier.classify(inputs)
    finite = [prediction for prediction in given if prediction is not None]
    if len(finite) != len(given):
        raise BadNetworkOutput(
            "the network gave an output that is not finite for a test picture; train again"
        )
    return finite


def _groups(logits: NDArray[np.float64], examples: Sequence[Example], seed: int) -> tuple[Group, ...]:
    """Give the figures of all pictures, then of each provenance."""
    provenances = sorted({example.provenance for example in examples})
    chosen = {"pooled": list(range(len(examples)))}
    for name in provenances:
        chosen[name] = [i for i, example in enumerate(examples) if example.provenance == name]
    return tuple(
        _group(name, logits[rows], [examples[i] for i in rows], seed) for name, rows in chosen.items()
    )


def _group(name: str, logits: NDArray[np.float64], examples: Sequence[Example], seed: int) -> Group:
    patients = [example.patient for example in examples]
    labels = np.array([example.label for example in examples], dtype=np.float64)
    return Group(
        name=name,
        sources=len({example.source for example in examples}),
        fractured=len({example.source for example in examples if example.label}),
        patients=len(set(patients)),
        files=len(examples),
        auroc=auroc_interval(logits, labels, source_votes(examples), patients, seed=seed),
    )


def _mean_within(
    logits: NDArray[np.float64], examples: Sequence[Example], groups: Sequence[Group], seed: int
) -> Interval:
    names = {
        group.name for group in groups if min(group.fractured, group.sources - group.fractured) >= _FEWEST
    }
    rows = [i for i, example in enumerate(examples) if example.provenance in names]
    if not rows:
        return Interval(float("nan"), float("nan"), float("nan"))
    kept = [examples[i] for i in rows]
    return auroc_interval(
        logits[rows],
        np.array([example.label for example in kept], dtype=np.float64),
        source_votes(kept),
        [example.patient for example in kept],
        [example.provenance for example in kept],
        seed=seed,
    )


def _decisions(predictions: Sequence[Prediction], examples: Sequence[Example]) -> dict[str, dict[str, float]]:
    counts = {
        label: {str(decision): 0.0 for decision in Decision} for label in ("fractured", "not_fractured")
    }
    for prediction, example, vote in zip(predictions, examples, source_votes(examples), strict=True):
        counts["fractured" if example.label else "not_fractured"][str(prediction.decision)] += float(vote)
    return counts


def _brier(predictions: Sequence[Prediction], examples: Sequence[Example]) -> float:
    labels = np.array([example.label for example in examples], dtype=np.float64)
    errors = np.square(np.array([prediction.score for prediction in predictions]) - labels)
    votes = source_votes(examples)
    return float(
        np.mean([np.average(errors[labels == label], weights=votes[labels == label]) for label in (0.0, 1.0)])
    )
