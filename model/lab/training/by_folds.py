"""The thorough way to a release: measured out of fold, then learned from all patients.

Imports TensorFlow: for training only.
"""

from typing import Any

import numpy as np

from model.decisions.calibration import Calibration
from model.decisions.decision import Thresholds
from model.lab.dataset.examples import digest
from model.lab.evaluation.assess import assess
from model.lab.evaluation.nested import Aims, draw_lines
from model.lab.evaluation.picture_facts import picture_facts
from model.lab.training.abstention.distance import fit_distance
from model.lab.training.card.card import CardFacts, write_card
from model.lab.training.cross_validate import CrossValidation, cross_validate
from model.lab.training.curves import draw_curves
from model.lab.training.export import Description
from model.lab.training.learner import VALIDATIONS, learn
from model.lab.training.material import Material
from model.lab.training.publish import CURVES, count_parts, publish, reference_of, release_facts
from model.lab.training.run_folder import RunFolder
from model.lab.training.train_settings import TrainResult, TrainSettings, command_of

_COMPARED = 500
"""Pictures on which the engines must agree."""


def train_by_folds(settings: TrainSettings, material: Material, run: RunFolder) -> TrainResult:
    """Cross-validate, then fit a network to all patients with the steps of the folds, and release it.

    Its calibration and lines come of all out-of-fold predictions; the figures in the release are those of
    the folds, where both were drawn without the fold.

    Parameters
    ----------
    settings : TrainSettings
    material : Material
    run : RunFolder

    Returns
    -------
    TrainResult

    Raises
    ------
    DatasetError
        There are too few patients.
    ReleaseError
        The engines disagree about the release.
    """
    found = cross_validate(material, settings, run)
    run.log_stage("evaluate")
    tables = {one.seed: one.scored for one in found.runs}
    evaluation = assess(
        tables, facts=picture_facts([material.examples[row] for row in found.rows], settings.data)
    ).as_plain()
    if not settings.make_release or settings.view != "whole":
        draw_curves(run.path / CURVES, sorted(run.path.glob(f"folds/*/{VALIDATIONS}")))
        run.log_stage("done", evaluation=evaluation)
        return TrainResult(run.path, None)
    return _release(settings, material, run, found, evaluation)


def pooled_lines(found: CrossValidation, aims: Aims) -> tuple[Calibration, Thresholds]:
    """Calibrate and draw the lines on the out-of-fold predictions of all seeds.

    Parameters
    ----------
    found : CrossValidation
    aims : Aims

    Returns
    -------
    tuple of (Calibration, Thresholds)
    """
    tables = [one.scored for one in found.runs]
    return draw_lines(
        np.concatenate([table.logits for table in tables]),
        np.concatenate([table.distances for table in tables]),
        [example for table in tables for example in table.examples],
        aims,
    )


def _release(
    settings: TrainSettings,
    material: Material,
    run: RunFolder,
    found: CrossValidation,
    evaluation: dict[str, Any],
) -> TrainResult:
    everything = list(range(len(material.examples)))
    learned = learn(
        material,
        settings,
        everything,
        [],
        run.path / "final",
        run.log_stage,
        seed=settings.seed,
        stop_after=found.steps,
    )
    draw_curves(
        run.path / CURVES,
        [*sorted(run.path.glob(f"folds/*/{VALIDATIONS}")), run.path / "final" / VALIDATIONS],
    )
    run.log_stage("fitted", weights=learned.weights_digest(), step=learned.best_step)
    abstention = fit_distance(material, learned, everything, settings)
    calibration, thresholds = pooled_lines(
        found, Aims(settings.sensitivity, settings.specificity, settings.abstain_share)
    )
    more: dict[str, Any] = {
        "parts": count_parts({"all": material.examples}),
        "cross_validation": {
            "folds": settings.folds,
            "seeds": [one.seed for one in found.runs],
            "steps": found.steps,
            "measured": digest([material.examples[row] for row in found.rows]),
        },
    }
    facts = release_facts(
        settings,
        material,
        run,
        material.examples,
        calibration=calibration,
        thresholds=thresholds,
        abstention=abstention,
        more=more,
    )
    notes = settings.notes.read_text(encoding="utf-8") if settings.notes else ""
    card = CardFacts(
        settings.name, settings.version, command_of(settings), more["parts"], material.refused, thresholds,
        calibration, evaluation, settings.as_plain(), notes, measured="out_of_fold",
    )  # fmt: skip
    reference = reference_of(found.runs[0].scored, material.inputs[list(found.rows)])
    run.log_stage("export")
    compared = material.inputs[:: max(1, len(everything) // _COMPARED)][:_COMPARED]
    release = publish(
        settings,
        learned.network,
        facts,
        compared,
        lambda _: Description(write_card(card), evaluation, reference),
    )
    run.log_stage("done", release=release.label, sha256=release.sha256, evaluation=evaluation)
    return TrainResult(run.path, release.path)
