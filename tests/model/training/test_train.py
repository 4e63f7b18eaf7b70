import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from model.classifier import open_classifier
from model.dataset.examples import DatasetError, digest, read_examples
from model.errors import ReleaseError
from model.release import open_release
from model.training.train import TrainSettings, train
from tests.support.shared import SHARED, needs_shared
from tests.support.tensorflow import USES_TENSORFLOW, import_tensorflow

pytestmark = [*USES_TENSORFLOW, pytest.mark.shared, pytest.mark.timeout(300), needs_shared]
import_tensorflow()


def write_pictures(folder, count):
    rng = np.random.default_rng(0)
    for n in range(count):
        values = rng.integers(20, 90, (60, 50), dtype=np.uint8)
        if n % 2:
            values[20:40, 15:35] += 120
        path = folder / ("fractured" if n % 2 else "not_fractured") / f"{n}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(values).save(path)


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("train")
    write_pictures(folder / "data", 24)
    (folder / "notes.md").write_text("## About these data\n\nMade by a test.\n")
    return TrainSettings(
        data=folder / "data", base_weights=SHARED / "weights" / "mobilenet_v2_imagenet_notop.weights.h5",
        out=folder / "run", name="tiny", version="0.0.1", notes=folder / "notes.md", steps=2, batch_size=4,
        warm_up_pictures=16, warm_up_steps=40, unfreeze_from="block_16_project", look_every=1, seed=5,
    )  # fmt: skip


@pytest.fixture(scope="module")
def trained(settings):
    stages = []
    return train(settings, stages.append), stages


def test_a_training_ends_in_a_release_that_classifies(trained, settings):
    result, stages = trained

    release = open_release(result.release)

    assert result.release == settings.out / "tiny-0.0.1"
    assert release.label == "tiny@0.0.1"
    assert release.training_digest == digest_of_used(settings)
    assert len(open_classifier(release).classify(np.zeros((2, 224, 224), np.uint16))) == 2
    assert stages[0].stage == "read"
    assert stages[-1].stage == "done"
    assert [one.done for one in stages if one.stage == "fit"] == [0, 1, 2]


def digest_of_used(settings):
    from model.dataset.split import split_by_patient

    split = split_by_patient(read_examples(settings.data), settings.seed)
    return digest((*split.train, *split.val))


def test_the_card_and_the_log_tell_of_the_run(trained, settings):
    result, _ = trained

    card = (result.release / "MODEL_CARD.md").read_text()
    log = [json.loads(line) for line in (result.run / "log.jsonl").read_text().splitlines()]

    assert "Made by a test." in card
    assert "--seed 5" in card
    assert str(settings.out) not in card
    assert log[-1]["evaluation"]["pooled"]["sources"] == 6


def test_a_release_that_is_there_is_not_overwritten(trained, settings):
    with pytest.raises(ReleaseError, match="there already"):
        train(settings)


def test_the_published_recipe_gives_figures_and_no_release(settings):
    out = settings.out.with_name("flatten")
    result = train(replace(settings, out=out, head="flatten", steps=1))

    last = json.loads((out / "log.jsonl").read_text().splitlines()[-1])
    assert result.release is None
    assert 0.0 <= last["accuracy_by_source"] <= 1.0
    assert (out / "best.weights.h5").is_file()


def test_too_few_pictures_are_refused(settings, tmp_path):
    write_pictures(tmp_path / "data", 3)

    with pytest.raises(DatasetError, match="too few patients"):
        train(replace(settings, data=tmp_path / "data", out=tmp_path / "run"))
