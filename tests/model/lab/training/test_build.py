"""From a folder with copies in it to a release with its card."""

import csv
import json
from contextlib import contextmanager
from dataclasses import asdict, replace

import pytest

from model.lab.training.budget import Plan, plan_within
from model.lab.training.build import BuildSettings, Watchers, _planned, build
from model.lab.training.run_folder import RunError
from model.lab.training.train_settings import Progress, TrainSettings
from tests.support.radiographs import encoded, radiograph, turned
from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = [*USES_TENSORFLOW, pytest.mark.timeout(600)]


@pytest.fixture(scope="module", autouse=True)
def late(tensorflow_on_all_cores):
    """Import what needs TensorFlow in the process of its tests, not wherever they are collected."""
    global write_base_weights
    from tests.support.base_weights import write_base_weights


class StoppedError(Exception):
    """What ends a build when its training begins."""


def quiet(_stage, _done, _total):
    pass


@contextmanager
def watching(_settings):
    yield lambda _progress: None


@contextmanager
def stopping(_settings):
    raise StoppedError
    yield


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """24 radiographs, the fractured brighter; their folders named as people do; each has a turned copy."""
    folder = tmp_path_factory.mktemp("build") / "scans"
    for seed in range(24):
        home = folder / ("Fracture" if seed % 2 else "Normal")
        home.mkdir(parents=True, exist_ok=True)
        picture = radiograph(seed) if seed % 2 else radiograph(seed) // 3
        (home / f"{seed}.png").write_bytes(encoded(picture))
        (home / f"{seed}-turned.jpg").write_bytes(encoded(turned(picture, 12), ".jpg"))
    return folder


def asked(data, *, resume):
    out = data.parent / "ours"
    base = data.parent / "base.weights.h5"
    recipe = TrainSettings(
        data, base if base.exists() else write_base_weights(base), out, name="ours", resume=resume,
        input_size=64, steps=6, small_steps=0, batch_size=4, strange_of_each=2, warm_up_steps=2,
    )  # fmt: skip
    return BuildSettings(data, out, recipe, budget_s=60.0, jobs=1)


@pytest.fixture(scope="module")
def built(data, uncompiled):
    """A build that was stopped after its audit, and went on by the plan that it had."""
    plans = []
    with pytest.raises(StoppedError):
        build(asked(data, resume=False), Watchers(quiet, stopping, plans.append))
    plan = Plan(folds=2, steps=6, small_steps=0, seconds=50.0)
    (data.parent / "ours" / "plan.json").write_text(json.dumps(asdict(plan)))
    release = build(asked(data, resume=True), Watchers(quiet, watching, plans.append))
    assert plans == [plan]
    return release


def test_the_release_is_in_the_folder_of_the_build(data, built):
    assert built.path == data.parent / "ours" / "training" / "ours-1.0.0"
    assert built.training["cross_validation"]["folds"] == 2


def test_its_card_has_the_figures_of_its_report_and_what_the_audit_found(data, built):
    card = (built.path / "MODEL_CARD.md").read_text()
    report = json.loads((data.parent / "ours" / "report" / "evaluation.json").read_text())
    pooled = report["assessment"]["groups"][0]
    assert pooled["sources"] == 24
    assert f"{pooled['figures']['auroc']['value']:.2f}" in card
    assert "## Audit of labelled pictures" in card
    assert str(data) not in card


def test_copies_stand_on_one_side_of_each_fold(data, built):
    assert built
    with (data.parent / "ours" / "training" / "out_of_fold.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    folds = {}
    for row in rows:
        folds.setdefault(row["source"], set()).add(row["fold"])
    assert len(rows) == 48
    assert len(folds) == 24
    assert {len(one) for one in folds.values()} == {1}


def test_a_folder_that_holds_a_build_is_not_written_over(data, built):
    assert built
    with pytest.raises(RunError, match="--resume"):
        build(asked(data, resume=False), Watchers(quiet, watching, lambda _plan: None))


def test_a_plan_is_made_from_the_steps_of_a_trial_once_they_are_compiled(tmp_path, monkeypatch, data):
    """The trial's own training is any training: here what matters is which of its steps are timed."""
    seconds = iter([0.0, 50.0, 100.0, 116.0, 132.0, 140.0])
    monkeypatch.setattr("model.lab.training.build.monotonic", lambda: next(seconds))
    trials = []

    def train(settings, on_progress):
        trials.append(settings)
        for step in (0, 4, 8, 12):
            on_progress(Progress("fit", step, settings.steps, {}))

    monkeypatch.setattr("model.lab.training.build.train", train)
    settings = replace(asked(data, resume=False), out=tmp_path, budget_s=5000.0)
    settings = replace(settings, recipe=replace(settings.recipe, close_up_steps=2, settle_after=3))
    plans = []
    _planned(settings, settings.recipe, 5000.0, Watchers(quiet, watching, plans.append))

    (trial,) = trials
    assert (trial.folds, trial.make_release) == (0, False)
    assert (trial.small_steps, trial.close_up_steps, trial.settle_after) == (0, 0, 0)
    assert plans == [plan_within(5000.0 - 140.0, 4.0, settings.recipe.schedule)]
