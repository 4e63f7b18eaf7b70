import json

import pytest

from model.lab.dataset.examples import DatasetError
from model.lab.training import ablations
from model.lab.training.augment import STEPS
from model.lab.training.train_settings import TrainSettings
from tests.support.labelled_folder import write_labelled
from tests.support.tensorflow import USES_TENSORFLOW, import_tensorflow


@pytest.mark.parametrize("changes", ablations.VARIANTS.values(), ids=list(ablations.VARIANTS))
def test_a_variant_changes_settings_that_there_are(changes, tmp_path):
    TrainSettings(tmp_path, None, tmp_path, **changes).left_out_steps()


def test_each_step_of_the_variations_is_left_out_once():
    alone = [changes.get("without") for changes in ablations.VARIANTS.values()]

    assert set(STEPS) <= set(alone)


def test_a_step_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DatasetError, match="no step 'colour' to leave out; give one of move, tone"):
        TrainSettings(tmp_path, None, tmp_path, without="tone+colour").left_out_steps()


@USES_TENSORFLOW[0]
@USES_TENSORFLOW[1]
@pytest.mark.timeout(300)
def test_variants_are_compared_on_the_same_held_out_patients(tmp_path):
    import_tensorflow()
    data = write_labelled(tmp_path / "data", 20)
    settings = TrainSettings(
        data, None, tmp_path / "run", folds=2, steps=2, variations=20, warm_up_steps=5, warm_up_pictures=16,
        patience=0, batch_size=4,
    )  # fmt: skip
    said = []

    found = ablations.ablate(settings, ["frames black"], said.append)

    assert list(found) == [ablations.RECIPE, "frames black"]
    assert said == ["training: the recipe", "training: frames black"]
    assert found["frames black"].sources == 10
    itself = found[ablations.RECIPE].figures["within_auroc"]
    assert (itself.difference.low, itself.difference.high) == (0.0, 0.0)
    kept = json.loads((tmp_path / "run/ablations.json").read_text())
    assert list(kept["variants"]) == list(found)
    assert kept["variants"]["frames black"]["without"] == "frame"
    table = (tmp_path / "run/ablations.md").read_text()
    assert "| frames black | 0." in table or "| frames black | 1." in table
