"""The networks of a cross-validation, asked again: each about changed pictures of patients it never saw.

A run of `inboxray model train --folds` leaves the weights beside its out-of-fold file, in
`folds/seed-S-fold-F/network.weights.h5`. Needs TensorFlow.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.calibrate import Calibration
from model.classifier import Prediction, to_network_input
from model.dataset.examples import DatasetError, Example
from model.decision import Decision
from model.engines import Engine
from model.errors import ReleaseError
from model.evaluation.faithful import Faith, faith
from model.evaluation.figures import LINE
from model.evaluation.out_of_fold import OutOfFold
from model.evaluation.probe import Probe, probe_folds
from model.evaluation.robustness import Perturbed, one_file_each, perturbed_tables, read_picture, robustness
from model.evaluation.scored import join_tables
from model.preprocess import preprocess
from model.release import Release

_EDGE = 1e-6  # nearer to 0 and 1 a score says little of its logit
_STRAIGHT = 1e-6

_BATCH = 16

Progress = Callable[[int, int], None]


class FoldClassifier:
    """The network of one fold, as far as scores go: it knows no strangers, and has the one line at 0.5.

    Parameters
    ----------
    engine : Engine
        Holds the network.
    calibration : Calibration
        That of the fold's scores.
    """

    def __init__(self, engine: Engine, calibration: Calibration) -> None:
        self._engine = engine
        self._calibration = calibration

    @property
    def release(self) -> Release:
        """There is none: a fold's network is never released."""
        raise ReleaseError("the network of a fold belongs to no release; ask the released one")

    def classify(self, inputs: NDArray[np.uint16]) -> list[Prediction | None]:
        """Classify pictures; see `model.classifier.Classifier.classify`."""
        outputs = self._engine.evaluate(to_network_input(inputs))
        return [
            self._predict(float(logit), heat_map)
            for logit, heat_map in zip(outputs.logit[:, 0], outputs.heat_map, strict=True)
        ]

    def features(self, inputs: NDArray[np.uint16]) -> NDArray[np.float32]:
        """Give the pooled features (n, 1280) of prepared pictures (n, 224, 224)."""
        batches = [inputs[start : start + _BATCH] for start in range(0, len(inputs), _BATCH)]
        return np.concatenate([self._engine.evaluate(to_network_input(one)).features for one in batches])

    def _predict(self, logit: float, heat_map: NDArray[np.float32]) -> Prediction | None:
        if not np.isfinite(logit):
            return None
        score = self._calibration.score(logit)
        decision = Decision.FRACTURED if score >= LINE else Decision.NOT_FRACTURED
        return Prediction(logit, score, 0.0, decision, heat_map)


def calibration_of(logits: NDArray[np.float64], scores: NDArray[np.float64]) -> Calibration:
    """Find Platt's map from a fold's logits and scores: two points would do.

    Parameters
    ----------
    logits, scores : ndarray, shape (n,)

    Returns
    -------
    Calibration
        At a prevalence of one half.

    Raises
    ------
    DatasetError
        The scores are not of one calibration of the logits.
    """
    kept = (scores > _EDGE) & (scores < 1.0 - _EDGE)
    if np.unique(logits[kept]).size < 2:
        raise DatasetError(
            "the scores of a fold do not tell its calibration; make the out-of-fold file again"
        )
    evidence = np.log(scores[kept]) - np.log1p(-scores[kept])
    slope, intercept = np.polyfit(logits[kept], evidence, 1)
    if np.abs(slope * logits[kept] + intercept - evidence).max() > _STRAIGHT * max(1.0, abs(slope)):
        raise DatasetError(
            "the scores of a fold are of more than one calibration; make the out-of-fold file again"
        )
    return Calibration(float(slope), float(intercept), 0.5)


def fold_classifiers(folder: Path, run: OutOfFold, threads: int) -> dict[int, FoldClassifier]:
    """Load the networks of a cross-validation's seed.

    Parameters
    ----------
    folder : Path
        Of the run, in which the out-of-fold file lies.
    run : OutOfFold
    threads : int

    Returns
    -------
    dict of int to FoldClassifier
        By fold.

    Raises
    ------
    DatasetError
        A network is not there.
    EngineError
        TensorFlow is not installed.
    """
    from model.engines.tensorflow import TensorFlowEngine

    found = {}
    for fold in sorted(set(run.folds)):
        path = folder / "folds" / f"seed-{run.seed}-fold-{fold}" / "network.weights.h5"
        if not path.is_file():
            raise DatasetError(
                f"there is no network of seed {run.seed} and fold {fold} beside the out-of-fold file; leave "
                "its run folder as `model train` wrote it, or leave out --changes and --heat-map"
            )
        rows = np.flatnonzero(np.asarray(run.folds) == fold)
        calibration = calibration_of(run.scored.logits[rows], run.scored.scores[rows])
        found[fold] = FoldClassifier(TensorFlowEngine(path.read_bytes(), threads), calibration)
    return found


def fold_robustness(
    classifiers: dict[int, FoldClassifier],
    run: OutOfFold,
    examples: Sequence[Example],
    *,
    draws: int = 2000,
    seed: int = 0,
    progress: Progress = lambda _done, _total: None,
) -> tuple[Perturbed, ...]:
    """Ask each fold's network about changed pictures of its held-out patients.

    Parameters
    ----------
    classifiers : dict of int to FoldClassifier
    run : OutOfFold
    examples : sequence of Example
        The pictures of the run, with the paths of their files.
    draws, seed : int
    progress : callable

    Returns
    -------
    tuple of Perturbed
        Nothing is abstained: folds' networks know no strangers.
    """
    parts = held_out(run, examples, seed)
    total, done = sum(map(len, parts.values())), 0
    tables = []
    for fold, part in parts.items():
        tables.append(perturbed_tables(classifiers[fold], part, seed, _after(done, total, progress)))
        done += len(part)
    joined = {name: join_tables([table[name] for table in tables]) for name in tables[0]}
    return robustness(joined, draws, seed)


def fold_faith(
    classifiers: dict[int, FoldClassifier],
    run: OutOfFold,
    examples: Sequence[Example],
    *,
    seed: int = 0,
    progress: Progress = lambda _done, _total: None,
) -> Faith:
    """Black out cells in held-out pictures with a fracture, each before its fold's network.

    Parameters
    ----------
    classifiers, run, examples, seed, progress
        As in `fold_robustness`.

    Returns
    -------
    Faith
        Over all folds.
    """
    parts = {fold: [one for one in part if one.label] for fold, part in held_out(run, examples, seed).items()}
    total, done = sum(map(len, parts.values())), 0
    found = []
    for fold, part in parts.items():
        if part:
            inputs = np.stack([preprocess(read_picture(one)) for one in part])
            found.append(faith(classifiers[fold], inputs, seed=seed))
            done += len(part)
            progress(done, total)
    if not found:
        raise DatasetError("no held-out picture with a fracture is there to black out")
    counts = np.array([one.pictures for one in found])
    return Faith(
        int(counts.sum()),
        float(np.average([one.share for one in found], weights=counts)),
        float(np.average([one.top_drop for one in found], weights=counts)),
        float(np.average([one.random_drop for one in found], weights=counts)),
    )


def _after(before: int, total: int, progress: Progress) -> Progress:
    """Tell the progress of a part as that of the whole."""
    return lambda done, _: progress(before + done, total)


def fold_probes(
    classifiers: dict[int, FoldClassifier],
    run: OutOfFold,
    examples: Sequence[Example],
    properties: Mapping[str, Callable[[Example], str]],
    *,
    seed: int = 0,
    progress: Progress = lambda _done, _total: None,
) -> dict[str, Probe]:
    """Find what else the features of the folds' networks tell of held-out pictures.

    Parameters
    ----------
    classifiers, run, examples, seed, progress
        As in `fold_robustness`.
    properties : mapping of str to callable
        As in `model.evaluation.probe.probe_folds`.
    """
    parts = held_out(run, examples, seed)
    return probe_folds(classifiers, parts, lambda one: preprocess(read_picture(one)), properties, progress)


def held_out(run: OutOfFold, examples: Sequence[Example], seed: int) -> dict[int, list[Example]]:
    """Give one file of each source, by the fold in which it was held out."""
    path_of = {one.sha256: one.path for one in examples}
    fold_of = {one.sha256: fold for one, fold in zip(run.scored.examples, run.folds, strict=True)}
    present = [replace(one, path=path_of[one.sha256]) for one in run.scored.examples if one.sha256 in path_of]
    parts: dict[int, list[Example]] = defaultdict(list)
    for one in one_file_each(present, seed):
        parts[fold_of[one.sha256]].append(one)
    return dict(sorted(parts.items()))
