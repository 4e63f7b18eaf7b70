from pathlib import Path

import pytest

from model.lab.dataset.examples import DatasetError
from model.lab.training.augment import STEPS
from model.lab.training.train_settings import TrainSettings, command_of, release_folder


def settings(**values):
    return TrainSettings(Path("/secret/data"), Path("/secret/base.weights.h5"), Path("/secret/run"), **values)


def test_the_command_makes_the_release_again_and_tells_no_path():
    command = command_of(
        settings(seed=7, folds=5, learning_rate=1e-4, patience=3, notes=Path("/secret/n.md"))
    )

    assert command.startswith("inboxray model train --data data --base-weights base.weights.h5 --out RUN")
    for words in ("--notes n.md", "--seed 7", "--folds 5", "--set learning_rate=0.0001", "--set patience=3"):
        assert words in command
    assert "secret" not in command
    assert "dropout" not in command


def test_what_the_result_depends_on_has_no_path():
    plain = settings().as_plain()

    assert "secret" not in str(plain)
    assert {"seed", "steps", "small_steps", "input_size", "threads", "view"} <= set(plain)
    assert not {"out", "cache", "resume"} & set(plain)


def test_the_release_has_its_name_and_version():
    assert release_folder(settings(name="ours", version="2.0.0")) == Path("/secret/run/ours-2.0.0")


def test_the_command_names_what_was_left_out():
    command = command_of(settings(leave_out=("17", "4")))

    assert "--leave-out 17 --leave-out 4" in command
    assert "--set" not in command


@pytest.mark.parametrize("step", STEPS)
def test_each_step_of_the_variations_can_be_left_out(step):
    assert settings(without=step).left_out_steps() == {step}


def test_a_step_that_is_not_there_is_named():
    with pytest.raises(DatasetError, match="no step 'colour' to leave out; give one of move, tone"):
        settings(without="tone+colour").left_out_steps()


def test_the_command_says_that_files_are_unrelated():
    assert "--unrelated" in command_of(settings(unrelated=True))
    assert "unrelated" not in command_of(settings())
