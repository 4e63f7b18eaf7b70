import csv
import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from model.classifier import open_classifier
from model.errors import ReleaseError
from model.lab.dataset.examples import DatasetError, digest, read_examples
from model.lab.training.run_folder import RunError
from model.lab.training.runtime import file_digest
from model.lab.training.train import TrainSettings, train
from model.release import open_release
from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = [*USES_TENSORFLOW, pytest.mark.timeout(300)]


@pytest.fixture(scope="module", autouse=True)
def late(tensorflow_on_all_cores):
    """Import what needs TensorFlow in the process of its tests, not wherever they are collected."""
    global write_base_weights
    from tests.support.base_weights import write_base_weights


def write_pictures(folder, count):
    rng = np.random.default_rng(0)
    for n in range(count):
        values = rng.integers(20, 90, (60, 50), dtype=np.uint8)
        if n % 2:
            values[15:45, 10:40] += 120
        path = folder / ("fractured" if n % 2 else "not_fractured") / f"{n}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(values).save(path)


QUICK = {
    "name": "tiny", "version": "0.0.1", "unrelated": True,
    "input_size": 64, "steps": 40, "small_steps": 0, "batch_size": 4,
    "warm_up_steps": 2, "validate_every": 5, "averaging": 0.5, "patience": 8, "seed": 5, "strange_of_each": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("train")
    write_pictures(folder / "data", 24)
    (folder / "notes.md").write_text("## About these data\n\nMade by a test.\n")
    base = write_base_weights(folder / "base.weights.h5")
    return TrainSettings(
        folder / "data", base, folder / "run", notes=folder / "notes.md", cache=folder / "cache", **QUICK
    )


@pytest.fixture(scope="module")
def trained(settings):
    stages = []
    return train(settings, stages.append), stages


@pytest.fixture
def many_trainings(size):
    """Leave to `make trainings` what trains three networks and more, minutes of two processors."""
    if not size(False, True):
        pytest.skip("it trains three networks or more: make trainings")


def log_of(run):
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


def test_a_training_ends_in_a_release_that_classifies(trained, settings):
    result, stages = trained

    release = open_release(result.release)

    assert result.release == settings.out / "tiny-0.0.1"
    assert release.label == "tiny@0.0.1"
    assert len(open_classifier(release).classify(np.zeros((2, 64, 64), np.uint16))) == 2
    assert stages[0].stage == "read"
    assert stages[-1].stage == "done"
    assert [one.done for one in stages if one.stage == "fit"][:2] == [0, 5]


def test_the_release_names_what_was_learned_from_and_nothing_of_the_test(trained, settings):
    from model.lab.dataset.split import split_by_patient

    result, _ = trained
    release = open_release(result.release)
    split = split_by_patient(read_examples(settings.data), settings.seed)

    assert release.training_digest == digest((*split.train, *split.val))
    assert release.training["sha256_12"] == sorted(one.sha256[:12] for one in (*split.train, *split.val))
    assert release.training["run"]["threads"]["tensorflow"] >= 1
    assert release.training["run"]["packages"]["tensorflow"]


def test_the_run_folder_tells_of_the_run(trained, settings):
    result, _ = trained

    card = (result.release / "MODEL_CARD.md").read_text()

    assert "Made by a test." in card
    assert str(settings.out) not in card
    assert log_of(result.run)[-1]["evaluation"]
    assert json.loads((result.run / "settings.json").read_text())["learning_rate"] == settings.learning_rate
    assert json.loads((result.run / "digests.json").read_text())["data"] == digest(
        read_examples(settings.data)
    )
    with Image.open(result.run / "curves.png") as curves:
        assert curves.size[0] > 500


def test_a_release_that_is_there_is_not_overwritten(trained, settings):
    with pytest.raises(ReleaseError, match="there already"):
        train(settings)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": "2"}, "add --resume"),
        ({"version": "2", "resume": True}, r"version .* was \"0.0.1\" and is \"2\""),
    ],
)
def test_a_run_is_not_mixed_with_another(trained, settings, change, words):
    with pytest.raises(RunError, match=words):
        train(replace(settings, **change))


def test_a_resume_with_other_pictures_is_refused(trained, settings, tmp_path):
    write_pictures(tmp_path / "data", 26)

    with pytest.raises(RunError, match="data of its digests"):
        train(replace(settings, data=tmp_path / "data", name="tiny", version="0.0.1", resume=True,
                      out=_copy_of_run(settings.out, tmp_path / "run")))  # fmt: skip


def _copy_of_run(run, to):
    to.mkdir()
    for name in ("settings.json", "digests.json"):
        (to / name).write_bytes((run / name).read_bytes())
    return to


@pytest.mark.usefixtures("many_trainings")
def test_folds_measure_each_picture_once_and_release_what_learned_from_all(settings, tmp_path):
    quick = replace(settings, out=tmp_path / "run", folds=2, patience=0, small_steps=2, validate_every=20)

    result = train(quick)

    with (result.run / "out_of_fold.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    examples = read_examples(settings.data)
    assert sorted((one.sha256, seed) for one in examples for seed in ("5",)) == sorted(
        (row["sha256"], row["seed"]) for row in rows
    )
    release = open_release(result.release)
    assert release.training_digest == digest(examples)
    measured = digest(examples)
    known = {"folds": 2, "seeds": [5], "steps": quick.steps, "measured": measured}
    assert release.training["cross_validation"] == known
    assert (result.run / "curves.png").is_file()

    log, final = len(log_of(result.run)), result.run / "final" / "network.weights.h5"
    learned = file_digest(final)
    assert learned == release.files["network.weights.h5"]
    for path in (final, result.run / "out_of_fold.csv"):
        path.unlink()
    result.release.rename(result.run / "first")
    with pytest.raises(Enough):
        train(replace(quick, resume=True), until_fitted)
    assert not [line for line in log_of(result.run)[log:] if line["stage"] == "fit" and "fold" in line]
    assert file_digest(final) == learned


class Enough(Exception):  # noqa: N818
    """All that was asked is there; an export takes longer than all before it."""


def until_fitted(progress):
    if progress.stage == "fitted":
        raise Enough


@pytest.mark.usefixtures("many_trainings")
def test_a_view_makes_predictions_and_no_release(settings, tmp_path):
    quick = replace(
        settings,
        out=tmp_path / "run",
        folds=2,
        seeds=2,
        view="reduced",
        patience=2,
        steps=40,
        validate_every=20,
    )

    result = train(quick)

    assert result.release is None
    with (result.run / "out_of_fold.csv").open(newline="") as stream:
        assert {("5", 24), ("6", 24)} == set(Counter(row["seed"] for row in csv.DictReader(stream)).items())


def test_too_few_pictures_are_refused(settings, tmp_path):
    write_pictures(tmp_path / "data", 3)

    with pytest.raises(DatasetError, match="too few patients"):
        train(replace(settings, data=tmp_path / "data", out=tmp_path / "run"))


def test_files_that_nothing_relates_are_refused_before_anything_is_made(settings, tmp_path):
    with pytest.raises(DatasetError, match=r"model audit FOLDER --out AUDIT.*--unrelated"):
        train(replace(settings, out=tmp_path / "run", unrelated=False))

    assert not (tmp_path / "run").exists()
