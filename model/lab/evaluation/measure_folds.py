"""The evaluation of a cross-validation: its predictions, and its networks on changed pictures."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from model.lab.dataset.examples import DatasetError, Example, digest, read_examples
from model.lab.evaluation.assess import assess
from model.lab.evaluation.cautions import cautions_of
from model.lab.evaluation.faithful import Faith
from model.lab.evaluation.fold_networks import (
    fold_classifiers,
    fold_faith,
    fold_probes,
    fold_robustness,
    held_out,
)
from model.lab.evaluation.measure_settings import (
    HARDWARE,
    Measured,
    MeasureSettings,
    OnProgress,
    Shortcut,
    compare_as_asked,
    stage_of,
)
from model.lab.evaluation.out_of_fold import OutOfFold, read_out_of_fold
from model.lab.evaluation.picture_facts import UNKNOWN, manifest_column, picture_facts
from model.lab.evaluation.pointing import Pointing, pointing
from model.lab.evaluation.probe import Probe
from model.lab.evaluation.report import OUT_OF_FOLD, Report
from model.lab.evaluation.robustness import Perturbed
from model.lab.evaluation.sources import mean_votes


def measure_out_of_fold(
    settings: MeasureSettings,
    path: Path,
    other: Path | None = None,
    on_progress: OnProgress = lambda *_: None,
    shortcuts: Mapping[str, Shortcut] | None = None,
) -> Measured:
    """Evaluate the predictions of a cross-validation, and compare them with another's if there is one.

    Parameters
    ----------
    settings : MeasureSettings
        Its data have regions and sizes, and hold the pictures of the mistakes.
    path, other : Path
        As `model.lab.evaluation.out_of_fold` writes them; their scores assume a prevalence of 0.5.
    on_progress : callable
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
    on_progress("reading", 0, 0)
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
        on_progress("comparing", 0, 0)
        second = {run.seed: run.scored for run in read_out_of_fold(other)}
        comparison = compare_as_asked(settings, tables, second, (0.5, 0.5))
    compared = {}
    for name, predict in (shortcuts or {}).items():
        on_progress(name, 0, 0)
        compared[name] = compare_as_asked(settings, tables, predict(runs[0], examples), (0.5, 0.5))
    asked = _ask_folds(settings, path.parent, runs[0], examples, on_progress)
    on_progress("working out", 0, 0)
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
        changes=asked.changes,
        faith=asked.faith,
        pointing=asked.pointing,
        shortcuts=compared,
        probes=asked.probes,
        cautions=cautions_of(first.examples),
    )
    return Measured(report, mean_votes(first), examples)


@dataclass(slots=True)
class _Asked:
    """What the networks of the folds were asked."""

    changes: tuple[Perturbed, ...] = ()
    faith: Faith | None = None
    pointing: Pointing | None = None
    probes: dict[str, Probe] = field(default_factory=dict)


def _ask_folds(
    settings: MeasureSettings,
    folder: Path,
    run: OutOfFold,
    examples: Sequence[Example],
    on_progress: OnProgress,
) -> _Asked:
    """Ask the networks of one seed, if anything is asked of them."""
    asked = _Asked()
    if not (settings.changes or settings.heat_map or settings.probes):
        return asked
    on_progress("loading networks", 0, 0)
    networks = fold_classifiers(folder, run, len(os.sched_getaffinity(0)))
    if settings.changes:
        asked.changes = fold_robustness(
            networks, run, examples, draws=settings.draws, seed=settings.seed,
            progress=stage_of(on_progress, "changing pictures"),
        )  # fmt: skip
    if settings.heat_map:
        progress = stage_of(on_progress, "blacking out")
        asked.faith = fold_faith(networks, run, examples, seed=settings.seed, progress=progress)
        on_progress("pointing", 0, 0)
        asked.pointing = pointing(networks, held_out(run, examples, settings.seed))
    if settings.probes:
        known = manifest_column(settings.data, HARDWARE)
        properties = {"provenance": lambda one: one.provenance}
        if known:
            properties[HARDWARE] = lambda one: known.get(one.path, UNKNOWN)
        progress = stage_of(on_progress, "probing")
        asked.probes = fold_probes(networks, run, examples, properties, seed=settings.seed, progress=progress)
    return asked
