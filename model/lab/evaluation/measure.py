"""The whole of an evaluation: from labelled pictures, or from predictions of them, to a report."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.classifier import Classifier
from model.lab.dataset.examples import Example, digest, read_examples
from model.lab.dataset.prepared import prepare_examples
from model.lab.evaluation.assess import assess
from model.lab.evaluation.cautions import cautions_of
from model.lab.evaluation.faithful import Faith, faith, map_correlation
from model.lab.evaluation.measure_settings import (
    Measured,
    MeasureSettings,
    OnProgress,
    compare_as_asked,
    stage_of,
)
from model.lab.evaluation.picture_facts import picture_facts
from model.lab.evaluation.pointing import pointing
from model.lab.evaluation.report import Report
from model.lab.evaluation.robustness import Perturbed, one_file_each, perturbed_tables, robustness
from model.lab.evaluation.scored import score_pictures
from model.lab.evaluation.sources import mean_votes
from model.lab.evaluation.strangers import Strangers, meet_strangers
from model.lab.evaluation.trained_on import overlap_warnings


def measure_release(
    settings: MeasureSettings,
    classifier: Classifier,
    other: Classifier | None = None,
    on_progress: OnProgress = lambda *_: None,
) -> Measured:
    """Evaluate a release, and compare it with another if there is one.

    Parameters
    ----------
    settings : MeasureSettings
    classifier, other : Classifier
    on_progress : callable

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
    on_progress("reading", 0, 0)
    examples = read_examples(settings.data)
    releases = [one.release for one in (classifier, other) if one is not None]
    warnings = overlap_warnings(releases, examples, allow_trained=settings.allow_trained)
    with tempfile.TemporaryDirectory(prefix="inboxray-") as folder:  # nothing of a patient stays behind
        on_progress("decoding", 0, 0)
        kept, inputs, refused = prepare_examples(examples, Path(folder), classifier.input_size)
        others = inputs
        if other is not None and other.input_size != classifier.input_size:
            on_progress("decoding for the other", 0, 0)
            _, others, _ = prepare_examples(examples, Path(folder), other.input_size)
    table = score_pictures(classifier, kept, inputs, stage_of(on_progress, "predicting"))
    comparison = None
    if other is not None:
        second = score_pictures(other, kept, others, stage_of(on_progress, "predicting with the other"))
        on_progress("comparing", 0, 0)
        prevalences = (classifier.release.calibration.prevalence, other.release.calibration.prevalence)
        comparison = compare_as_asked(settings, {0: table}, {0: second}, prevalences)
    changes = _changes(settings, classifier, kept, on_progress)
    faithful, correlation = _faith(settings, classifier, kept, inputs, on_progress)
    pointed = None
    if settings.heat_map:
        on_progress("pointing", 0, 0)
        pointed = pointing({0: classifier}, {0: one_file_each(kept, settings.seed)})
    strangers: tuple[Strangers, ...] = ()
    if settings.strangers is not None:
        strangers = meet_strangers(classifier, settings.strangers, stage_of(on_progress, "meeting strangers"))
    on_progress("working out", 0, 0)
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
        pointing=pointed,
        random_correlation=correlation,
        strangers=strangers,
        cautions=cautions_of(kept),
    )
    return Measured(report, mean_votes(table), kept)


def _changes(
    settings: MeasureSettings, classifier: Classifier, examples: Sequence[Example], on_progress: OnProgress
) -> tuple[Perturbed, ...]:
    if not settings.changes:
        return ()
    chosen = one_file_each(examples, settings.seed)
    tables = perturbed_tables(classifier, chosen, settings.seed, stage_of(on_progress, "changing pictures"))
    return robustness(tables, settings.draws, settings.seed)


def _faith(
    settings: MeasureSettings,
    classifier: Classifier,
    examples: Sequence[Example],
    inputs: NDArray[np.uint16],
    on_progress: OnProgress,
) -> tuple[Faith | None, float | None]:
    fractured = {one.sha256 for one in one_file_each(examples, settings.seed) if one.label}
    rows = [row for row, example in enumerate(examples) if example.sha256 in fractured]
    if not settings.heat_map or not rows:
        return None, None
    chosen = inputs[rows]
    found = faith(classifier, chosen, seed=settings.seed, progress=stage_of(on_progress, "blacking out"))
    try:
        from model.lab.evaluation.random_weights import random_maps
    except ImportError:  # without the extra `train` there is no network to draw weights for
        return found, None
    on_progress("random weights", 0, 0)
    maps = [one.heat_map for one in classifier.classify(chosen) if one is not None]
    return found, map_correlation(
        np.stack(maps), random_maps(chosen, settings.seed, classifier.release.shape)
    )
