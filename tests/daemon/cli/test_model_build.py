from types import SimpleNamespace

import pytest

from model.lab.training.budget import Plan


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """What was to be built; it plans, and makes nothing."""
    given = []

    def start(settings, watchers):
        given.append(settings)
        if settings.budget_s is not None:
            watchers.planned(Plan(3, 50, 20, 600.0))
        return SimpleNamespace(label="ours@2.0.0", path=tmp_path / "ours-2.0.0")

    monkeypatch.setattr("model.lab.training.build.build", start)
    return given


@pytest.fixture
def command(tmp_path):
    (tmp_path / "scans").mkdir()
    (tmp_path / "b.weights.h5").touch()
    base = str(tmp_path / "b.weights.h5")
    out = str(tmp_path / "ours")
    return ("model", "build", str(tmp_path / "scans"), "--base-weights", base, "--out", out)


def test_options_become_settings_and_stdout_names_the_release(tmp_path, call, asked, command):
    end = call(tmp_path, *command, "--version", "2.0.0", "--set", "input_size=448", "--train-only", "odd")

    assert end.returncode == 0, end.stderr
    assert end.stdout == f"{tmp_path / 'ours-2.0.0'}\n"
    assert "model use" in end.stderr
    settings = asked[0]
    assert (settings.data, settings.out, settings.budget_s) == (tmp_path / "scans", tmp_path / "ours", None)
    assert (settings.recipe.name, settings.recipe.version) == ("ours", "2.0.0")
    assert (settings.recipe.input_size, settings.recipe.train_only) == (448, ("odd",))


@pytest.mark.parametrize(
    ("budget", "is_enough"), [("1h", True), ("5min", False)], ids=["enough", "too little"]
)
def test_a_plan_says_whether_there_is_time_for_it(tmp_path, call, asked, command, budget, is_enough):
    end = call(tmp_path, *command, "--budget", budget)

    assert "3 folds of 50 steps, about 10 min" in end.stderr
    assert ("more than there is time for" not in end.stderr) == is_enough
    assert asked


@pytest.mark.parametrize(
    ("options", "words"),
    [(("--budget", "soon"), "45min"), (("--budget", "0h"), "45min"), (("--set", "nothing=1"), "dropout")],
)
def test_what_cannot_be_meant_is_said(tmp_path, call, asked, command, options, words):
    end = call(tmp_path, *command, *options)

    assert end.returncode == 64
    assert words in end.stderr
    assert asked == []


def test_a_folder_that_is_not_there_is_said(tmp_path, call, command, asked):
    end = call(tmp_path, *command[:2], str(tmp_path / "no"), *command[3:])
    assert end.returncode == 66
    assert asked == []


def test_help_ends_in_examples_and_the_values_of_the_recipe(tmp_path, call):
    for name in ("build", "train"):
        shown = " ".join(call(tmp_path, "model", name, "--help").stdout.split())
        assert f"inboxray model {name} " in shown
        assert "learning_rate=0.001" in shown
