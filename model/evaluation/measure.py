"""The whole of an evaluation: from labelled pictures, or from predictions of them, to a report."""

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.classifier import Classifier
from model.dataset.examples import DatasetError, Example, digest, read_examples
from model.dataset.prepared import prepare_examples
from model.evaluation.assess import assess
from model.evaluation.compare import Comparison, compare
from model.evaluation.faithful import Faith, faith, map_correlation
from model.evaluation.fold_networks import fold_classifiers, fold_faith, fold_robustness
from model.evaluation.out_of_fold import OutOfFold, read_out_of_fold
from model.evaluation.picture_facts import picture_facts
from model.evaluation.report import Report
from model.evaluation.robustness import Perturbed, one_file_each, perturbed_tables, robustness
from model.evaluation.scored import Scored, score_pictures
from model.evaluation.sources import Sources, mean_votes
from model.evaluation.trained_on import overlap_warnings

Tell = Callable[[str, int, int], None]
"""Told the stage, how much of it is done, and of how much."""

OUT_OF_FOLD = "out of fold"

Shortcut = Callable[[OutOfFold, Sequence[Example]], Mapping[int, Scored]]
"""Predicts the pictures of a cross-validation, which come with the paths of their files, by seed."""


@dataclass(frozen=True, slots=True)
class MeasureSettings:
    """How to evaluate.

    Parameters
    ----------
    data : Path
        Labelled pictures; see `model.dataset.examples.read_examples`.
    within : tuple of str, optional
        Provenances for the AUROC within provenance; else as `model.evaluation.figures.usual_within` says.
    draws, seed : int
        Of the bootstrap.
    allow_trained : bool
        Whether to go on, with a warning in the report, where a release learned from the pictures.
    changes : bool
        Whether to measure what changed pictures do to the answers; a dozen predictions a source.
    heat_map : bool
        Whether to measure the faith of the heat map; half a dozen predictions a picture with a fracture.
    """

    data: Path
    within: tuple[str, ...] | None = None
    draws: int = 2000
    seed: int = 0
    allow_trained: bool = False
    changes: bool = False
    heat_map: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """A report, and what its plots and contact sheet are drawn from.

    Parameters
    ----------
    report : Report
    sources : Sources
    examples : tuple of Example
    """

    report: Report
    sources: Sources
    examples: tuple[Example, ...]


def measure_release(
    settings: MeasureSettings,
    classifier: Classifier,
    other: Classifier | None = None,
    tell: Tell = lambda *_: None,
) -> Measured:
    """Evaluate a release, and compare it with another if there is one.

    Parameters
    ----------
    settings : MeasureSettings
    classifier, other : Classifier
    tell : callable

    Returns
    -------
    Measured

    Raises
    ------
    DatasetError
        The pictures cannot be used, or a release learned from some of them.
    BadNetworkOutput
        An output is not finite.
    """
    tell("reading", 0, 0)
    examples = read_examples(settings.data)
    releases = [one.release for one in (classifier, other) if one is not None]
    warnings = overlap_warnings(releases, examples, allow_trained=settings.allow_trained)
    with tempfile.TemporaryDirectory(prefix="inboxray-") as folder:  # nothing of a patient stays behind
        tell("decoding", 0, 0)
        kept, inputs, refused = prepare_examples(examples, Path(folder))
    table = score_pictures(classifier, kept, inputs, _stage(tell, "predicting"))
    comparison = None
    if other is not None:
        second = score_pictures(other, kept, inputs, _stage(tell, "predicting with the other"))
        tell("comparing", 0, 0)
        prevalences = (classifier.release.calibration.prevalence, other.release.calibration.prevalence)
        comparison = _compare(settings, {0: table}, {0: second}, prevalences)
    changes = _changes(settings, classifier, kept, tell)
    faithful, correlation = _faith(settings, classifier, kept, inputs, tell)
    tell("working out", 0, 0)
    report = Report(
        subject=classifier.release.label,
        identity={"release": classifier.release.sha256, "data": digest(kept), "seed": settings.seed},
        warnings=warnings,
        refused=refused,
        assessment=assess(
            {0: table},
            prevalence=classifier.release.calibration.prevalence,
            within=settings.within,
            facts=picture_facts(kept, settings.data),
            draws=settings.draws,
            seed=settings.seed,
        ),
        against=other.release.label if other else "",
        comparison=comparison,
        changes=changes,
        faith=faithful,
        random_correlation=correlation,
    )
    return Measured(report, mean_votes(table), kept)


def measure_out_of_fold(
    settings: MeasureSettings,
    path: Path,
    other: Path | None = None,
    tell: Tell = lambda *_: None,
    shortcuts: Mapping[str, Shortcut] | None = None,
) -> Measured:
    """Evaluate the predictions of a cross-validation, and compare them with another's if there is one.

    Parameters
    ----------
    settings : MeasureSettings
        Its data tell regions and sizes, and hold the pictures of the mistakes.
    path, other : Path
        As `model.evaluation.out_of_fold` writes them; their scores assume a prevalence of 0.5.
    tell : callable
    shortcuts : mapping of str to callable, optional
        Predictions for the same pictures by classifiers that are shown no bone, by what they are shown.

    Returns
    -------
    Measured

    Raises
    ------
    DatasetError
        A file cannot be used, or is about other pictures than the data.
    """
    tell("reading", 0, 0)
    runs = read_out_of_fold(path)
    tables = {run.seed: run.scored for run in runs}
    examples = read_examples(settings.data)
    first = next(iter(tables.values()))
    missing = {one.sha256 for one in first.examples} - {one.sha256 for one in examples}
    if missing:
        raise DatasetError(
            f"{len(missing)} of the {len(first.examples)} pictures of {path} are not in the data; give "
            "the data that the cross-validation was made on"
        )
    comparison = None
    if other is not None:
        tell("comparing", 0, 0)
        second = {run.seed: run.scored for run in read_out_of_fold(other)}
        comparison = _compare(settings, tables, second, (0.5, 0.5))
    compared = {}
    for name, predict in (shortcuts or {}).items():
        tell(name, 0, 0)
        compared[name] = _compare(settings, tables, predict(runs[0], examples), (0.5, 0.5))
    changes, faithful = _ask_folds(settings, path.parent, runs[0], examples, tell)
    tell("working out", 0, 0)
    report = Report(
        subject=OUT_OF_FOLD,
        identity={"predictions": path.name, "data": digest(first.examples), "seed": settings.seed},
        warnings=(),
        refused={},
        assessment=assess(
            tables,
            within=settings.within,
            facts=picture_facts(examples, settings.data),
            draws=settings.draws,
            seed=settings.seed,
        ),
        against=other.name if other else "",
        comparison=comparison,
        changes=changes,
        faith=faithful,
        shortcuts=compared,
    )
    return Measured(report, mean_votes(first), examples)


def _compare(
    settings: MeasureSettings,
    first: Mapping[int, Scored],
    second: Mapping[int, Scored],
    prevalences: tuple[float, float],
) -> Comparison:
    return compare(
        first,
        second,
        prevalences=prevalences,
        within=settings.within,
        draws=settings.draws,
        seed=settings.seed,
    )


def _changes(
    settings: MeasureSettings, classifier: Classifier, examples: Sequence[Example], tell: Tell
) -> tuple[Perturbed, ...]:
    if not settings.changes:
        return ()
    chosen = one_file_each(examples, settings.seed)
    tables = perturbed_tables(classifier, chosen, settings.seed, _stage(tell, "changing pictures"))
    return robustness(tables, settings.draws, settings.seed)


def _faith(
    settings: MeasureSettings,
    classifier: Classifier,
    examples: Sequence[Example],
    inputs: NDArray[np.uint16],
    tell: Tell,
) -> tuple[Faith | None, float | None]:
    fractured = {one.sha256 for one in one_file_each(examples, settings.seed) if one.label}
    rows = [row for row, example in enumerate(examples) if example.sha256 in fractured]
    if not settings.heat_map or not rows:
        return None, None
    chosen = inputs[rows]
    found = faith(classifier, chosen, seed=settings.seed, progress=_stage(tell, "blacking out"))
    try:
        from model.evaluation.random_weights import random_maps
    except ImportError:  # without the extra `train` there is no network to draw weights for
        return found, None
    tell("random weights", 0, 0)
    maps = [one.heat_map for one in classifier.classify(chosen) if one is not None]
    return found, map_correlation(np.stack(maps), random_maps(chosen, settings.seed))


def _ask_folds(
    settings: MeasureSettings, folder: Path, run: OutOfFold, examples: Sequence[Example], tell: Tell
) -> tuple[tuple[Perturbed, ...], Faith | None]:
    """Ask the networks of one seed, if anything is asked of them."""
    if not (settings.changes or settings.heat_map):
        return (), None
    tell("loading networks", 0, 0)
    classifiers = fold_classifiers(folder, run, len(os.sched_getaffinity(0)))
    changes: tuple[Perturbed, ...] = ()
    if settings.changes:
        progress = _stage(tell, "changing pictures")
        changes = fold_robustness(
            classifiers, run, examples, draws=settings.draws, seed=settings.seed, progress=progress
        )
    if not settings.heat_map:
        return changes, None
    progress = _stage(tell, "blacking out")
    return changes, fold_faith(classifiers, run, examples, seed=settings.seed, progress=progress)


def _stage(tell: Tell, name: str) -> Callable[[int, int], None]:
    return lambda done, total: tell(name, done, total)
