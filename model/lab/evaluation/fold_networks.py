"""The networks of a cross-validation, asked again: each about changed pictures of patients it never saw.

A run of `inboxray model train --folds` leaves them beside its out-of-fold file; see
`model.lab.evaluation.run_files`. Needs TensorFlow.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from model.classifier import FEATURES
from model.decisions.strangeness import read_abstaining
from model.lab.dataset.examples import DatasetError, Example
from model.lab.evaluation.faithful import Faith, faith
from model.lab.evaluation.nested import nested_lines
from model.lab.evaluation.out_of_fold import OutOfFold
from model.lab.evaluation.probe import Probe, probe_folds
from model.lab.evaluation.robustness import (
    Perturbed,
    one_file_each,
    perturbed_tables,
    read_picture,
    robustness,
)
from model.lab.evaluation.run_files import JUDGE, WEIGHTS, fold_folder, read_aims, read_run_shape
from model.lab.evaluation.scored import join_tables
from model.lab.evaluation.unreleased import UnreleasedClassifier
from model.reading.preprocess import preprocess

Progress = Callable[[int, int], None]


def fold_classifiers(folder: Path, run: OutOfFold, threads: int) -> dict[int, UnreleasedClassifier]:
    """Load the networks of a cross-validation's seed.

    Parameters
    ----------
    folder : Path
        Of the run, in which the out-of-fold file lies.
    run : OutOfFold
    threads : int

    Returns
    -------
    dict of int to UnreleasedClassifier
        By fold.

    Raises
    ------
    DatasetError
        A network, or what it finds strange, is not there.
    EngineError
        TensorFlow is not installed.
    """
    from model.engines.tensorflow import TensorFlowEngine

    scored = run.scored
    lines = nested_lines(scored.logits, scored.distances, scored.examples, run.folds, read_aims(folder))
    shape = read_run_shape(folder)
    found = {}
    for fold, (calibration, thresholds) in lines.items():
        beside = fold_folder(folder, run.seed, fold)
        weights, judge = (_read(beside / name, run.seed, fold) for name in (WEIGHTS, JUDGE))
        found[fold] = UnreleasedClassifier(
            TensorFlowEngine(weights, threads, shape),
            read_abstaining(judge, FEATURES),
            calibration,
            thresholds,
            shape.input_size,
        )
    return found


def _read(path: Path, seed: int, fold: int) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(
            f"there is no {path.name} of seed {seed} and fold {fold} beside the out-of-fold file; leave its "
            "run folder as `model train` wrote it, or leave out --changes, --heat-map and --probes"
        ) from error


def fold_robustness(
    classifiers: dict[int, UnreleasedClassifier],
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
    classifiers : dict of int to UnreleasedClassifier
    run : OutOfFold
    examples : sequence of Example
        The pictures of the run, with the paths of their files.
    draws, seed : int
    progress : callable

    Returns
    -------
    tuple of Perturbed
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
    classifiers: dict[int, UnreleasedClassifier],
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

    Raises
    ------
    DatasetError
        No held-out picture with a fracture is there.
    """
    parts = {fold: [one for one in part if one.label] for fold, part in held_out(run, examples, seed).items()}
    total, done = sum(map(len, parts.values())), 0
    found = []
    for fold, part in parts.items():
        if part:
            size = classifiers[fold].input_size
            inputs = np.stack([preprocess(read_picture(one), size) for one in part])
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
    """Report the progress of a part as that of the whole."""
    return lambda done, _: progress(before + done, total)


def fold_probes(
    classifiers: dict[int, UnreleasedClassifier],
    run: OutOfFold,
    examples: Sequence[Example],
    properties: Mapping[str, Callable[[Example], str]],
    *,
    seed: int = 0,
    progress: Progress = lambda _done, _total: None,
) -> dict[str, Probe]:
    """Find what else the features of the folds' networks predict of held-out pictures.

    Parameters
    ----------
    classifiers, run, examples, seed, progress
        As in `fold_robustness`.
    properties : mapping of str to callable
        As in `model.lab.evaluation.probe.probe_folds`.

    Returns
    -------
    dict of str to Probe
    """
    parts = held_out(run, examples, seed)
    size = next(iter(classifiers.values())).input_size
    return probe_folds(
        classifiers, parts, lambda one: preprocess(read_picture(one), size), properties, progress
    )


def held_out(run: OutOfFold, examples: Sequence[Example], seed: int) -> dict[int, list[Example]]:
    """Return one file of each source, by the fold in which it was held out.

    Parameters
    ----------
    run : OutOfFold
    examples : sequence of Example
    seed : int

    Returns
    -------
    dict of int to list of Example
    """
    known = {one.sha256: one for one in examples}
    fold_of = {one.sha256: fold for one, fold in zip(run.scored.examples, run.folds, strict=True)}
    present = [
        replace(one, path=known[one.sha256].path, annotations=known[one.sha256].annotations)
        for one in run.scored.examples
        if one.sha256 in known
    ]
    parts: dict[int, list[Example]] = defaultdict(list)
    for one in one_file_each(present, seed):
        parts[fold_of[one.sha256]].append(one)
    return dict(sorted(parts.items()))
