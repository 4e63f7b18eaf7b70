"""What a build makes of its recipe before TensorFlow is needed, and what its networks are held against.

Break it: let `_by_plan` leave the close-ups as they are: a short training sees nothing else.
"""

from dataclasses import replace

import pytest

from model.lab.evaluation.region_alone import REGION
from model.lab.training.budget import plan_within
from model.lab.training.build import _by_plan, _shortcuts
from model.lab.training.train_settings import TrainSettings
from tests.support.radiographs import encoded, radiograph


def test_a_shorter_recipe_learns_in_the_same_proportions(tmp_path):
    recipe = TrainSettings(
        tmp_path, None, tmp_path, steps=1600, small_steps=200, close_up_steps=600, settle_after=600
    )
    schedule = recipe.schedule
    short = _by_plan(recipe, plan_within(1800.0, 0.8, schedule))
    assert short.steps < 600
    assert short.schedule.sizes == schedule.sizes
    assert short.settle_after / short.steps == pytest.approx(600 / 1600, abs=0.02)


def test_regions_are_a_shortcut_where_what_is_measured_on_has_them(tmp_path):
    manifest = tmp_path / "manifest.csv"
    rows = ["file,label,batch,region"]
    for number, (batch, region) in enumerate([("a", "hand"), ("a", ""), ("b", ""), ("b", "")]):
        (tmp_path / f"{number}.png").write_bytes(encoded(radiograph(number, 64, 64)))
        rows.append(f"{number}.png,{('fractured', 'not_fractured')[number % 2]},{batch},{region}")
    manifest.write_text("\n".join(rows) + "\n")
    recipe = TrainSettings(manifest, None, tmp_path)
    assert REGION in _shortcuts(recipe)
    assert REGION not in _shortcuts(replace(recipe, train_only=("a",)))
