import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from model.reading.network_input import PIPELINE_VERSION
from tests.support.pictures import png_bytes


@pytest.fixture
def release(tmp_path, call) -> Path:
    """A copy of the release that the settings name."""
    shown = json.loads(call(tmp_path, "model", "show", "--json").stdout)
    return Path(shutil.copytree(shown["path"], tmp_path / "release"))


def test_show_names_the_release_and_its_thresholds(tmp_path, call):
    end = call(tmp_path, "model", "show")
    assert end.returncode == 0, end.stderr
    assert "thresholds.rule_in" in end.stdout
    assert "@" in end.stdout


@pytest.mark.parametrize(
    ("measured", "shown"),
    [
        ("2", f"{PIPELINE_VERSION} (the release was measured with 2, which gives the same network input)"),
        (PIPELINE_VERSION, f"pipeline_version          {PIPELINE_VERSION}  "),
        ("1", "measured with 1, which is another way"),
    ],
)
def test_show_names_the_pipeline_of_the_release_and_that_of_scans(release, call, measured, shown):
    manifest = release / "release.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"pipeline_version": measured}))
    end = call(release, "model", "show", str(release))
    assert shown in end.stdout, end.stdout
    named = json.loads(call(release, "model", "show", str(release), "--json").stdout)
    assert (named["pipeline_version"], named["scans_pipeline_version"]) == (measured, PIPELINE_VERSION)


def test_a_release_that_ships_is_named_wherever_one_is_taken(tmp_path, call):
    from model.release import shipped_folders

    last = shipped_folders()[-1]
    label = "@".join(last.name.rsplit("-", 1))
    for name in (label, last.name):
        shown = json.loads(call(tmp_path, "model", "show", name, "--json").stdout)
        assert (shown["model"], shown["path"]) == (label, str(last))
    (tmp_path / "a.png").write_bytes(png_bytes(1))
    end = call(tmp_path, "classify", str(tmp_path / "a.png"), "--model", label, "--format", "csv")
    assert label in end.stdout, end.stderr
    assert call(tmp_path, "model", "show", "nothing@1.0").returncode == 66


def test_verify_lets_a_whole_release_pass(release, call):
    assert call(release, "model", "verify", str(release)).returncode == 0


def test_a_release_without_its_keras_weights_serves_and_says_where_they_are(release, call):
    whole = call(release, "model", "verify", str(release))
    assert "4 of 4 files" in whole.stderr
    (release / "network.weights.h5").unlink()

    verified = call(release, "model", "verify", str(release))
    assert (verified.returncode, "3 of 4 files" in verified.stderr) == (0, True)
    assert json.loads(call(release, "model", "show", str(release), "--json").stdout)["absent"] == [
        "network.weights.h5"
    ]
    assert call(release, "config", "check", model=release).returncode == 0
    reference = call(release, "config", "check", model=release, engine="tensorflow")
    assert reference.returncode == 78
    for written_words in (verified.stderr, reference.stderr):
        assert "copy network.weights.h5 from model/releases/inboxray-" in written_words


def test_verify_is_78_for_one_changed_byte(release, call):
    network = release / "network.tflite"
    content = bytearray(network.read_bytes())
    content[len(content) // 2] ^= 1
    network.write_bytes(content)
    end = call(release, "model", "verify", str(release))
    assert end.returncode == 78
    assert "network.tflite" in end.stderr


@pytest.mark.parametrize("command", ["show", "verify"])
def test_a_folder_that_is_not_there_is_66_and_one_without_a_release_78(tmp_path, call, command):
    missing = call(tmp_path, "model", command, str(tmp_path / "no"))
    empty = call(tmp_path, "model", command, str(tmp_path))
    assert (missing.returncode, empty.returncode) == (66, 78)
    assert "setting" not in missing.stderr + empty.stderr
    assert call(tmp_path, "model", command, model=tmp_path / "no").returncode == 78


def test_train_says_what_is_missing(tmp_path, call):
    end = call(
        tmp_path, "model", "train", "--data", str(tmp_path / "no"), "--base-weights", "x", "--out", "y"
    )
    assert end.returncode == 66
    assert str(tmp_path / "no") in end.stderr


def test_train_wants_a_folder_of_pictures(tmp_path, call):
    (tmp_path / "pictures.zip").touch()
    file = str(tmp_path / "pictures.zip")
    end = call(tmp_path, "model", "train", "--data", file, "--base-weights", file, "--out", "y")
    assert end.returncode == 64
    assert "sub-folders fractured and not_fractured" in end.stderr


def test_a_release_of_ones_own_does_not_get_the_name_of_the_shipped_one(tmp_path, call, monkeypatch):
    """The results tell networks apart by name and version alone."""
    given = []

    def start(settings, _tell):
        given.append(settings)
        sys.stdout.write("Saved artifact at ...")  # as Keras does
        return SimpleNamespace(release=None, run=settings.out)

    monkeypatch.setattr("model.lab.training.train.train", start)
    weights = tmp_path / "w.h5"
    weights.touch()
    command = ("model", "train", "--data", str(tmp_path), "--base-weights", str(weights))
    end = call(tmp_path, *command, "--out", str(tmp_path / "wrists"))
    assert (end.returncode, end.stdout) == (0, f"{tmp_path / 'wrists'}\n")
    assert call(tmp_path, *command, "--out", str(tmp_path), "--name", "ours").returncode == 0
    assert [settings.name for settings in given] == ["wrists", "ours"]


def test_train_with_the_flat_head_reproduces_the_published_recipe(tmp_path, call, monkeypatch):
    asked = []

    def reproduce(settings, tell):
        asked.append(settings)
        return SimpleNamespace(table=settings.out / "published.md")

    monkeypatch.setattr("model.lab.reproduction.recipe.reproduce", reproduce)
    weights = tmp_path / "base.weights.h5"
    weights.touch()
    command = ("model", "train", "--head", "flatten", "--data", str(tmp_path), "--base-weights", str(weights))

    end = call(tmp_path, *command, "--out", str(tmp_path / "run"), "--seed", "7", "--folds", "4")

    assert (end.returncode, end.stdout) == (0, f"{tmp_path / 'run' / 'published.md'}\n")
    assert (asked[0].data, asked[0].base_weights) == (tmp_path, weights)
    assert (asked[0].seed, asked[0].folds, asked[0].batch_size) == (7, 4, 64)
    refused = call(tmp_path, *command, "--out", "y", "--steps", "5")
    assert refused.returncode == 64
    assert "--steps" in refused.stderr
    assert len(asked) == 1
