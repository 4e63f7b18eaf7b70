"""A network learns what can be learned, and a fitting that was stopped goes on as if it had not been.

Break it: let `fit._State.write` leave out the averages: a resumed fitting ends in other weights.
"""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from model.lab.training.checkpoint import CheckpointError
from tests.support.labelled import labelled, tiny_batches, tiny_network
from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = USES_TENSORFLOW

EXAMPLES, _LARGE = labelled(20, 0)
SIDE = 32


@pytest.fixture(scope="module", autouse=True)
def late(tensorflow_on_all_cores):
    """Import what needs TensorFlow in the process of its tests, not wherever they are collected."""
    global SETTINGS, fit, compiled, outputs_of, Validator
    from model.lab.training.fit import FitSettings, fit
    from model.lab.training.inference import compiled, outputs_of
    from model.lab.training.validation import Validator

    SETTINGS = FitSettings(
        steps=24, stop_after=24, learning_rate=3e-3, warm_up_steps=4, weight_decay=1e-3,
        averaging=0.8, validate_every=8, patience=0, smoothing=0.02, settle_after=0, seed=4,
    )  # fmt: skip


def small(inputs):
    return np.stack([cv2.resize(one, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for one in inputs])


class Killed(Exception):  # noqa: N818
    """Stands for the end of a process."""


def fitted(folder, settings=None, kill_at=None, *, judged=True, close_ups=0):
    """Fit, and return network and validations; end at a validation as if killed."""
    network, seen = tiny_network(), []
    batches = tiny_batches(EXAMPLES, _LARGE, range(12), seed=4, side=SIDE, close_ups=close_ups)
    validator = Validator(network, small(_LARGE[12:]), EXAMPLES[12:]) if judged else None

    def on_validation(one):
        seen.append(one)
        if one.step == kill_at:
            raise Killed

    validations = fit(
        network, batches, validator, settings or SETTINGS, folder / "checkpoint.npz", on_validation
    )
    assert validations[-1] == seen[-1]
    return network, validations


def weights_of(network):
    return [weight.numpy() for weight in network.weights if not weight.path.endswith("seed_generator_state")]


def assert_equal(one, other):
    for left, right in zip(weights_of(one), weights_of(other), strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    return fitted(tmp_path_factory.mktemp("once"))


@pytest.mark.parametrize("kill_at", [0, 16])
def test_a_fitting_that_was_killed_ends_in_the_same_weights(once, tmp_path, kill_at):
    with pytest.raises(Killed):
        fitted(tmp_path, kill_at=kill_at)

    again, validations = fitted(tmp_path)

    assert repr(once[1]) == repr(validations)
    assert_equal(once[0], again)


def test_all_weights_learn_and_the_statistics_follow(once):
    before = weights_of(tiny_network())

    moved = [not np.array_equal(one, other) for one, other in zip(before, weights_of(once[0]), strict=True)]

    named = [weight.path for weight in once[0].weights if not weight.path.endswith("seed_generator_state")]
    still = [path for path, one in zip(named, moved, strict=True) if not one]
    assert [path for path in still if not path.startswith("region/")] == []  # these pictures have no region
    assert [one.step for one in once[1]] == [0, 8, 16, 24]


def test_early_blocks_settle_and_the_others_learn_on(tmp_path):
    settling = replace(SETTINGS, settle_after=8, averaging=0.0)
    for name in ("half", "whole"):
        (tmp_path / name).mkdir()

    half, _ = fitted(tmp_path / "half", replace(settling, stop_after=8), judged=False)
    network, _ = fitted(tmp_path / "whole", settling, judged=False)

    before = {one.path: one.numpy() for one in half.trainable_variables}
    same = {one.path for one in network.trainable_variables if np.array_equal(before[one.path], one.numpy())}
    early = {"fine/kernel", "fine/bias", "cells/kernel", "cells/bias"}  # of this network, those before
    assert {path for path in same if not path.startswith("region/")} == early


def test_the_checkpoint_of_another_fitting_is_refused(tmp_path):
    with pytest.raises(Killed):
        fitted(tmp_path, kill_at=0)

    with pytest.raises(CheckpointError, match="other settings"):
        fitted(tmp_path, replace(SETTINGS, smoothing=0.1))


def test_what_can_be_learned_is_learned(tmp_path):
    longer = replace(SETTINGS, steps=200, stop_after=200, validate_every=100, averaging=0.9)
    network, validations = fitted(tmp_path, longer)

    assert validations[-1].train_loss < validations[1].train_loss
    _, inputs = labelled(8, 2)
    logits = outputs_of(compiled(network), small(inputs))["logit"][:, 0]
    assert logits[1::2].min() > logits[::2].max()


def test_the_best_look_is_kept_not_the_last(tmp_path):
    ruinous = replace(
        SETTINGS, learning_rate=3.0, warm_up_steps=1, validate_every=4, patience=2, averaging=0.0
    )
    network, validations = fitted(tmp_path, ruinous)

    best = min(one.val_loss for one in validations)
    loss, _ = Validator(network, small(_LARGE[12:]), EXAMPLES[12:]).validate()
    assert loss == pytest.approx(best, abs=1e-6)
    assert validations[-1].step < ruinous.steps or validations[-1].best


def test_nothing_stops_before_it_has_seen_whole_pictures(tmp_path):
    ruinous = replace(
        SETTINGS, learning_rate=3.0, warm_up_steps=1, validate_every=2, patience=1, averaging=0.0
    )
    _, validations = fitted(tmp_path, ruinous, close_ups=12)

    assert validations[-1].step > 12


def test_without_validation_the_schedule_is_gone_through(tmp_path):
    _, validations = fitted(tmp_path, replace(SETTINGS, stop_after=10), judged=False)

    assert [one.step for one in validations] == [0, 8, 10]
    assert validations[-1].best
    assert np.isnan(validations[-1].val_loss)
