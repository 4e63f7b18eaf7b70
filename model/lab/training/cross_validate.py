"""A cross-validation by patient: each picture is predicted by networks that never saw its patient.

Imports TensorFlow: for training only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.lab.dataset.examples import DatasetError, Example
from model.lab.dataset.folds import folds_by_unit
from model.lab.dataset.split import allot_units
from model.lab.evaluation.nested import Aims, score_nested
from model.lab.evaluation.out_of_fold import OutOfFold, write_out_of_fold
from model.lab.evaluation.run_files import JUDGE, OUT_OF_FOLD, fold_folder
from model.lab.training.abstention.distance import distances_of, fit_judge
from model.lab.training.checkpoint import read_checkpoint, write_checkpoint
from model.lab.training.learner import CHECKPOINT, learn
from model.lab.training.material import Material
from model.lab.training.run_folder import RunFolder
from model.lab.training.train_settings import TrainSettings
from model.lab.training.validation import evidence

_HELD_OUT = "held_out.npz"
_SHARE_TO_STOP_BY = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class CrossValidation:
    """What a cross-validation gave.

    Parameters
    ----------
    runs : tuple of OutOfFold
        One a seed.
    rows : tuple of int
        Which of the examples they are about: those that are measured on.
    steps : int
        Median of the steps that were kept.
    """

    runs: tuple[OutOfFold, ...]
    rows: tuple[int, ...]
    steps: int


@dataclass(frozen=True, slots=True, eq=False)
class _HeldOut:
    """What the network of one fold says of the pictures held out, and the step that was kept."""

    rows: NDArray[np.intp]
    logits: NDArray[np.float64]
    distances: NDArray[np.float64]
    step: int


def cross_validate(material: Material, settings: TrainSettings, run: RunFolder) -> CrossValidation:
    """Fit a network for each fold and seed, and write what each says of its held-out patients.

    Nothing is tuned on the fold that is measured: early stopping looks at patients of the other folds, and
    scores and decisions of a fold come of calibrations and lines drawn on the others.

    Parameters
    ----------
    material : Material
    settings : TrainSettings
    run : RunFolder
        Gets `out_of_fold.csv`; folds that are done already are not done again.

    Returns
    -------
    CrossValidation

    Raises
    ------
    DatasetError
        There are too few patients.
    ReleaseError
        The networks order held-out pictures the wrong way round.
    """
    folds = folds_by_unit(material.examples, settings.folds)
    rows = measured_rows(material.examples, settings.train_only)
    examples, held_in = [material.examples[row] for row in rows], tuple(folds[row] for row in rows)
    seeds = range(settings.seed, settings.seed + settings.seeds)
    aims = Aims(settings.sensitivity, settings.specificity, settings.abstain_share)
    runs, steps = [], []
    for seed in seeds:
        held = [_fold(material, settings, run, folds, fold, seed) for fold in range(settings.folds)]
        logits, distances = np.empty(len(folds)), np.empty(len(folds))
        for one in held:
            logits[one.rows], distances[one.rows] = one.logits, one.distances
            steps.append(one.step)
        scored = score_nested(logits[rows], distances[rows], examples, held_in, aims)
        runs.append(OutOfFold(seed, held_in, scored))
        write_out_of_fold(run.path / OUT_OF_FOLD, runs)
        run.log_stage("held_out", len(runs), settings.seeds, seed=seed)
    return CrossValidation(tuple(runs), tuple(rows), int(np.median(steps)))


def measured_rows(examples: Sequence[Example], train_only: Sequence[str]) -> list[int]:
    """Return the rows of the examples that are measured on.

    Parameters
    ----------
    examples : sequence of Example
    train_only : sequence of str
        Batches that are only learned from.

    Returns
    -------
    list of int

    Raises
    ------
    DatasetError
        There is no such batch, or the others lack a class.
    """
    unknown = sorted(set(train_only) - {example.annotations.batch for example in examples})
    if unknown:
        raise DatasetError(f"no picture has the batch {unknown[0]}, which was to be learned from only")
    rows = [row for row, example in enumerate(examples) if example.annotations.batch not in train_only]
    if {examples[row].label for row in rows} != {0, 1}:
        raise DatasetError("what is left to measure on has not both classes; name fewer batches")
    return rows


def _fold(
    material: Material,
    settings: TrainSettings,
    run: RunFolder,
    folds: Sequence[int],
    fold: int,
    seed: int,
) -> _HeldOut:
    folder = fold_folder(run.path, seed, fold)
    known = _read(folder / _HELD_OUT)
    if known is not None:
        run.show("fold", fold + 1, settings.folds, seed=seed)
        return known
    rows, val_rows = inner_split(material.examples, folds, fold, early=settings.patience > 0)
    learned = learn(
        material, settings, rows, val_rows, folder, partial(run.log_stage, seed=seed, fold=fold), seed=seed
    )
    held = [row for row, one in enumerate(folds) if one == fold]
    given = learned.outputs(material.inputs[held])
    judge = fit_judge(material, learned, [*rows, *val_rows], settings)
    (folder / JUDGE).write_bytes(judge.to_bytes())
    found = _HeldOut(
        np.array(held),
        evidence(given["logit"]),
        distances_of(judge, material, learned, held),
        learned.best_step,
    )
    write_checkpoint(
        folder / _HELD_OUT,
        {
            "rows": [found.rows],
            "logits": [found.logits],
            "distances": [found.distances],
            "step": [np.array(found.step)],
        },
    )
    (folder / CHECKPOINT).unlink()
    run.log_stage(
        "fold", fold + 1, settings.folds, seed=seed, step=found.step, weights=learned.weights_digest()
    )
    return found


def _read(path: Path) -> _HeldOut | None:
    lists = read_checkpoint(path)
    if lists is None:
        return None
    return _HeldOut(lists["rows"][0], lists["logits"][0], lists["distances"][0], int(lists["step"][0]))


def inner_split(
    examples: Sequence[Example], folds: Sequence[int], fold: int, *, early: bool
) -> tuple[list[int], list[int]]:
    """Return the rows that a fold's network learns from, and those that its early stopping looks at.

    Parameters
    ----------
    examples : sequence of Example
    folds : sequence of int
        Of each example.
    fold : int
        The one that is held out.
    early : bool
        Without early stopping nothing is kept for it.

    Returns
    -------
    tuple of list of int
        Together all of the other folds; of different patients.
    """
    rows = [row for row, held in enumerate(folds) if held != fold]
    if not early:
        return rows, []
    part_of = allot_units(
        [examples[row] for row in rows], (1.0 - _SHARE_TO_STOP_BY, _SHARE_TO_STOP_BY), fold, home_of_large=0
    )
    return tuple(  # type: ignore[return-value] # two parts
        [row for row in rows if part_of[examples[row].unit] == part] for part in (0, 1)
    )
