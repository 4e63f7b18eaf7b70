from types import SimpleNamespace

import pytest

from model.lab.training.train_settings import Progress


@pytest.fixture
def asked(monkeypatch):
    """What the training was asked; it tells two steps and makes nothing."""
    given = []

    def start(settings, tell):
        given.append(settings)
        tell(Progress("fit", 1, 2, {}))
        tell(Progress("fit", 2, 2, {}))
        return SimpleNamespace(release=None, run=settings.out)

    monkeypatch.setattr("model.lab.training.train.train", start)
    return given


@pytest.fixture
def command(tmp_path):
    (tmp_path / "manifest.csv").touch()
    (tmp_path / "b.weights.h5").touch()
    base = str(tmp_path / "b.weights.h5")
    return ("model", "train", "--data", str(tmp_path), "--base-weights", base, "--out", str(tmp_path / "run"))


def test_options_become_settings(tmp_path, call, asked, command):
    options = (
        "--folds",
        "5",
        "--seeds",
        "3",
        "--view",
        "no-centre",
        "--resume",
        "--threads",
        "2",
        "--no-release",
    )
    values = ("--set", "learning_rate=1e-4", "--set", "patience=0", "--cache", str(tmp_path / "cache"))

    end = call(tmp_path, *command, *options, *values)

    assert end.returncode == 0, end.stderr
    settings = asked[0]
    assert (settings.folds, settings.seeds, settings.view, settings.threads) == (5, 3, "no-centre", 2)
    assert (settings.resume, settings.make_release, settings.cache) == (True, False, tmp_path / "cache")
    assert (settings.learning_rate, settings.patience) == (1e-4, 0)


def test_progress_is_a_line_a_stage_in_a_pipe_and_stdout_names_the_result(tmp_path, call, asked, command):
    end = call(tmp_path, *command)

    assert end.stdout == f"{tmp_path / 'run'}\n"
    assert end.stderr.splitlines() == ["training: fit", "training: fit, less than a minute left"]


def test_a_manifest_is_data_too(tmp_path, call, asked, command):
    at = command.index("--data") + 1
    end = call(tmp_path, *command[:at], str(tmp_path / "manifest.csv"), *command[at + 1 :])

    assert end.returncode == 0, end.stderr
    assert asked[0].data == tmp_path / "manifest.csv"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--set", "no_such=1"), "learning_rate"),
        (("--set", "dropout=half"), "half"),
        (("--folds", "1"), "at least 2"),
        (("--view", "sideways"), "no-centre"),
    ],
)
def test_what_cannot_be_meant_is_said(tmp_path, call, asked, command, options, words):
    end = call(tmp_path, *command, *options)

    assert end.returncode == 64
    assert words in end.stderr
    assert asked == []
