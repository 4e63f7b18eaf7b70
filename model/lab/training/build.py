"""From a folder of labelled pictures to a release with its card: audit, train, evaluate, describe.

Each stage leaves its files in a folder of its own, and one that was finished is not done again.
"""

import json
import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Final

from model.lab.audit.audit import audit
from model.lab.audit.report import as_markdown
from model.lab.audit.report import write_report as write_audit
from model.lab.audit.style_baseline import STYLE, style_table
from model.lab.dataset.examples import read_examples
from model.lab.evaluation.measure_folds import measure_out_of_fold
from model.lab.evaluation.measure_settings import MeasureSettings, OnProgress, Shortcut, of_one_seed
from model.lab.evaluation.region_alone import REGION, region_table
from model.lab.evaluation.report import write_report
from model.lab.evaluation.run_files import OUT_OF_FOLD
from model.lab.training.budget import Plan, plan_within
from model.lab.training.card.from_report import card_of_report, read_report, rewrite_card
from model.lab.training.run_folder import RunError
from model.lab.training.train import train
from model.lab.training.train_settings import Progress, TrainSettings, release_folder
from model.release import Release, open_release

AUDIT: Final = "audit"
TRAINING: Final = "training"
REPORT: Final = "report"
_TRIAL: Final = "trial"
_PLAN: Final = "plan.json"
_MANIFEST: Final = "manifest.csv"
_NOTES: Final = "notes.md"
_FOLDS: Final = 5
_TRIAL_STEPS: Final = 12
_TRIAL_WARM: Final = 4
"""Steps of the trial before the clock runs: the first ones compile."""


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """What to build from, where, and in what time.

    Parameters
    ----------
    data : Path
        Labelled pictures; see `model.lab.audit.collection.read_collection`.
    out : Path
        Gets `audit/`, `training/` with the release, and `report/`.
    recipe : TrainSettings
        Its data, folder, folds, steps and notes are replaced.
    budget_s : float, optional
        Seconds that there are for all of it; without, the recipe has as many steps as it wants.
    jobs : int
        Processes that decode for the audit.
    """

    data: Path
    out: Path
    recipe: TrainSettings
    budget_s: float | None = None
    jobs: int = 2


@dataclass(frozen=True, slots=True)
class Watchers:
    """Who is shown how far it is.

    Parameters
    ----------
    stage : callable
        Called with the stage of an audit or an evaluation, how much of it is done, and of how much.
    training : callable
        Called with the settings of a training that begins, and returns a context that yields the callback
        for its progress.
    planned : callable
        Called with the plan, where there is a budget.
    """

    stage: OnProgress
    training: Callable[[TrainSettings], AbstractContextManager[Callable[[Progress], None]]]
    planned: Callable[[Plan], None]


def build(settings: BuildSettings, watchers: Watchers) -> Release:
    """Audit, train by folds, evaluate out of fold, and put the card into the release.

    Parameters
    ----------
    settings : BuildSettings
    watchers : Watchers

    Returns
    -------
    Release

    Raises
    ------
    DatasetError
        The pictures cannot be used.
    EngineError
        TensorFlow is not installed.
    ReleaseError
        The base weights do not fit.
    RunError
        The folder holds a build that is not to be resumed, or another one.
    """
    began = monotonic()
    manifest = _audited(settings, watchers)
    recipe = replace(
        settings.recipe,
        data=manifest,
        out=settings.out / TRAINING,
        cache=settings.out / TRAINING / "cache",
        notes=settings.recipe.notes or manifest.with_name(_NOTES),
        folds=_FOLDS,
    )
    if settings.budget_s is not None:
        plan = _planned(settings, recipe, settings.budget_s - (monotonic() - began), watchers)
        recipe = _by_plan(recipe, plan)
    folder = release_folder(recipe)
    if not folder.exists():
        begun = (recipe.out / "settings.json").is_file()
        with watchers.training(recipe) as on_progress:
            train(replace(recipe, resume=begun), on_progress)
    return _described(open_release(folder), settings, recipe, watchers)


def _audited(settings: BuildSettings, watchers: Watchers) -> Path:
    manifest = settings.out / AUDIT / _MANIFEST
    if manifest.is_file() and not settings.recipe.resume:
        raise RunError(
            f"the folder {settings.out.name} holds a build already: add --resume to go on with it, or name "
            "another folder"
        )
    if not manifest.is_file():
        unfinished = settings.out / f".{AUDIT}"
        found = audit(settings.data, settings.jobs, watchers.stage)
        write_audit(found, unfinished)
        notes = as_markdown(found).replace("# ", "## ", 1)
        (unfinished / _NOTES).write_text(notes, encoding="utf-8")
        unfinished.rename(settings.out / AUDIT)
    return manifest


def _planned(settings: BuildSettings, recipe: TrainSettings, seconds: float, watchers: Watchers) -> Plan:
    """Measure how long a step takes here, and plan by it; a build that goes on keeps its plan."""
    path = settings.out / _PLAN
    if path.is_file():
        plan = Plan(**json.loads(path.read_text(encoding="utf-8")))
    else:
        began = monotonic()
        step_seconds = _step_seconds(settings, recipe, watchers)
        plan = plan_within(seconds - (monotonic() - began), step_seconds, recipe.schedule)
        path.write_text(json.dumps(asdict(plan)) + "\n", encoding="utf-8")
    watchers.planned(plan)
    return plan


def _by_plan(recipe: TrainSettings, plan: Plan) -> TrainSettings:
    """Shorten a recipe; its early blocks settle after the same share of the steps."""
    return replace(
        recipe,
        folds=plan.folds,
        steps=plan.steps,
        small_steps=plan.small_steps,
        close_up_steps=plan.close_up_steps,
        settle_after=math.ceil(recipe.settle_after * plan.steps / recipe.steps),
    )


def _step_seconds(settings: BuildSettings, recipe: TrainSettings, watchers: Watchers) -> float:
    """Time a few steps of the recipe itself, with pictures of the full size."""
    trial = replace(
        recipe,
        out=settings.out / _TRIAL,
        folds=0,
        make_release=False,
        steps=_TRIAL_STEPS,
        small_steps=0,
        close_up_steps=0,
        settle_after=0,
        patience=0,
        validate_every=_TRIAL_WARM,
        start_from=None,
        resume=(settings.out / _TRIAL / "settings.json").is_file(),
    )
    seen: dict[int, float] = {}
    with watchers.training(trial) as on_progress:

        def watch(progress: Progress) -> None:
            if progress.stage == "fit":
                seen[progress.done] = monotonic()
            on_progress(progress)

        train(trial, watch)
    return (seen[_TRIAL_STEPS] - seen[_TRIAL_WARM]) / (_TRIAL_STEPS - _TRIAL_WARM)


def _described(
    release: Release, settings: BuildSettings, recipe: TrainSettings, watchers: Watchers
) -> Release:
    report = settings.out / REPORT
    if not (report / "evaluation.json").is_file():
        measured = measure_out_of_fold(
            MeasureSettings(recipe.data, changes=True, heat_map=True),
            recipe.out / OUT_OF_FOLD,
            None,
            watchers.stage,
            _shortcuts(recipe),
        )
        write_report(report, measured.report, measured.sources, measured.examples)
    figures = read_report(report / "evaluation.json")
    notes = recipe.notes.read_text(encoding="utf-8") if recipe.notes else ""
    return rewrite_card(release, card_of_report(release, figures, notes), figures)


def _shortcuts(recipe: TrainSettings) -> dict[str, Shortcut]:
    """Give what a network must beat without looking at a bone, as far as what is measured on has it."""
    found: dict[str, Shortcut] = {STYLE: of_one_seed(style_table)}
    known = (one.annotations for one in read_examples(recipe.data))
    if any(one.region and one.batch not in recipe.train_only for one in known):
        found[REGION] = of_one_seed(region_table)
    return found
