"""The whole way on a few pictures: fits, figures, both files; and again without a fit."""

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from model.lab.reproduction.recipe import PublishedSettings, reproduce
from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = [*USES_TENSORFLOW, pytest.mark.timeout(300)]


def write_data(folder):
    """Write nine patients; each test file of the public split has a copy in training."""
    rng = np.random.default_rng(0)
    (folder / "images").mkdir(parents=True)
    with (folder / "manifest.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("file", "label", "source_group", "provenance", "seed_split", "seed_path"))
        for number in range(18):
            fractured = number % 2
            values = rng.integers(20, 90, (40, 50), dtype=np.uint8)
            values[10:30, 15:35] += np.uint8(120 * fractured)
            Image.fromarray(values).save(folder / "images" / f"{number}.png")
            label = "fractured" if fractured else "not_fractured"
            for part in ("train", "test" if number < 6 else "val"):
                writer.writerow((f"{number}.png", label, number, "clinic", part, f"{part}/{number}.png"))
    return folder


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    import keras

    folder = tmp_path_factory.mktemp("published")
    keras.utils.set_random_seed(3)
    keras.applications.MobileNetV2(
        input_shape=(224, 224, 3), include_top=False, weights=None, name="base"
    ).save_weights(folder / "base.weights.h5")
    return PublishedSettings(
        data=write_data(folder / "data"), base_weights=folder / "base.weights.h5", out=folder / "run",
        variations=1, batch_size=4, epoch_steps=1, epochs=1, folds=3,
    )  # fmt: skip


@pytest.fixture(scope="module")
def made(settings):
    reported = []
    return reproduce(settings, reported.append), reported


def test_both_splits_are_measured_and_the_leak_is_counted(made, settings):
    result, reported = made
    figures = json.loads((settings.out / "published.json").read_text())

    assert result.figures == figures
    assert figures["public_split"]["files"] == {"train": 18, "val": 12, "test": 6, "missing": 0}
    assert figures["public_split"]["leaks"][0] == {
        "part": "test", "into": "train", "files": 6, "same_bytes": 6, "same_source": 6, "same_patient": 6,
    }  # fmt: skip
    assert figures["public_split"]["no_same_bytes"]["accuracy"]["value"] is None
    assert sum(figures["public_split"]["test"]["counts"].values()) == 6
    assert figures["patients_apart"]["sources"] == 18
    assert sum(figures["patients_apart"]["by_file"]["counts"].values()) == 36
    assert figures["stated"]["accuracy"] == 0.948
    assert len([one for one in reported if one.stage == "fit"]) == 1 + 3
    assert (reported[0].stage, reported[-1].stage) == ("read", "done")


def test_the_table_says_what_was_asked(made, settings):
    text = made[0].table.read_text()

    assert "| accuracy | 94.80 % |" in text
    assert "index 0 is `fractured`" in text
    assert "saturation and hue do nothing to a grey picture" in text
    assert "Over pairs of one\nprovenance only" in text
    assert "of the interval" in text or "the interval" in text
    assert str(settings.out.parent) not in text


def test_a_second_run_fits_nothing_and_says_the_same(made, settings):
    text, reported = made[0].table.read_text(), []
    assert reproduce(settings, reported.append).figures == made[0].figures
    assert made[0].table.read_text() == text
    assert [one for one in reported if one.stage == "fit"] == []


def test_data_without_a_public_split_are_split_by_patient_alone(made, settings, tmp_path):
    data, run = (
        shutil.copytree(settings.data, tmp_path / "data"),
        shutil.copytree(made[0].run, tmp_path / "run"),
    )
    manifest = data / "manifest.csv"
    manifest.write_text(manifest.read_text().replace("seed_split", "elsewhere"))

    result = reproduce(replace(settings, data=data, out=run))

    assert result.figures["public_split"] is None
    assert result.figures["patients_apart"]["sources"] == 18
    assert "name no public split" in result.table.read_text()
