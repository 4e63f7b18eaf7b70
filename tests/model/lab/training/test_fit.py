from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from model.lab.training.checkpoint import CheckpointError
from tests.support.labelled import labelled, tiny_batches, tiny_features, tiny_halves
from tests.support.tensorflow import USES_TENSORFLOW, import_tensorflow

pytestmark = USES_TENSORFLOW
import_tensorflow()

from model.lab.training.fit import FitSettings, fit  # noqa: E402 # needs TensorFlow
from model.lab.training.stem_and_head import outputs_of  # noqa: E402 # needs TensorFlow
from model.lab.training.validation import Judge  # noqa: E402 # needs TensorFlow

SETTINGS = FitSettings(
    steps=120, stop_after=120, learning_rate=3e-3, weight_decay=1e-3, warm_up_pictures=16, warm_up_steps=5,
    averaging=0.5, look_every=20, patience=5, smoothing=0.02, seed=4,
)  # fmt: skip

EXAMPLES, INPUTS = labelled(20, 0)


class Killed(Exception):  # noqa: N818
    """Stands for the end of a process."""


@cache
def features():
    """Give the features of the variations, which are the same for all that a seed makes."""
    return tiny_features(tiny_halves(), EXAMPLES, INPUTS)


def fitted(folder, settings=SETTINGS, kill_at=None, *, judged=True):
    """Fit, and give network and looks; end at a look as if killed."""
    halves, seen = tiny_halves(), []
    batches = tiny_batches(halves, EXAMPLES, INPUTS, range(12), seed=4, features=features())
    plain = outputs_plain(halves, INPUTS[12:])
    judge = Judge(halves.run_upper, plain, EXAMPLES[12:]) if judged else None

    def look(one):
        seen.append(one)
        if one.step == kill_at:
            raise Killed

    looks = fit(halves, batches, judge, settings, folder / "checkpoint.npz", look)
    assert looks[-1] == seen[-1]
    return halves, looks


def outputs_plain(halves, inputs):
    return halves.stem(inputs[..., None].astype(np.float32) / 65535.0, training=False).numpy()


def weights_of(halves):
    return [weight.numpy() for weight in halves.network.weights]


def assert_equal(one, other):
    for left, right in zip(weights_of(one), weights_of(other), strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    return fitted(tmp_path_factory.mktemp("once"))


def test_what_can_be_learnt_is_learnt(once):
    halves, looks = once

    assert [look.step for look in looks] == list(range(0, looks[-1].step + 1, 20))
    assert min(look.val_loss for look in looks) < looks[0].val_loss
    _, inputs = labelled(8, 2)
    logits = outputs_of(halves.run_upper, outputs_plain(halves, inputs))["logit"][:, 0]
    assert logits[1::2].min() > logits[::2].max()


def test_the_same_seed_gives_the_same_weights(once, tmp_path):
    again, looks = fitted(tmp_path)

    assert repr(once[1]) == repr(looks)
    assert_equal(once[0], again)


@pytest.mark.parametrize("kill_at", [0, 20, 40])
def test_a_fitting_that_was_killed_ends_in_the_same_weights(once, tmp_path, kill_at):
    with pytest.raises(Killed):
        fitted(tmp_path, kill_at=kill_at)

    again, looks = fitted(tmp_path)

    assert repr(once[1]) == repr(looks)
    assert_equal(once[0], again)


def test_another_seed_gives_other_weights(once, tmp_path):
    other, _ = fitted(tmp_path, replace(SETTINGS, seed=5))

    assert not np.array_equal(
        once[0].network.get_layer("head").kernel, other.network.get_layer("head").kernel
    )


def test_the_checkpoint_of_another_fitting_is_refused(tmp_path):
    with pytest.raises(Killed):
        fitted(tmp_path, kill_at=0)

    with pytest.raises(CheckpointError, match="other settings"):
        fitted(tmp_path, replace(SETTINGS, smoothing=0.1))


def test_the_stem_and_normalisation_keep_their_weights(once):
    before, after = tiny_halves().network.get_layer("base"), once[0].network.get_layer("base")

    np.testing.assert_array_equal(before.get_layer("first").kernel, after.get_layer("first").kernel)
    for one, other in zip(before.get_layer("normal").weights, after.get_layer("normal").weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert np.abs(np.asarray(before.get_layer("second").kernel) - after.get_layer("second").kernel).max() > 0


def test_the_best_look_is_kept_not_the_last(tmp_path):
    ruinous = replace(
        SETTINGS, learning_rate=30.0, warm_up_steps=300, look_every=10, patience=2, averaging=0.0
    )
    halves, looks = fitted(tmp_path, ruinous)

    best = min(look.val_loss for look in looks)
    plain = outputs_plain(halves, INPUTS[12:])
    assert Judge(halves.run_upper, plain, EXAMPLES[12:]).judge()[0] == pytest.approx(best, abs=1e-6)
    assert looks[-1].val_loss > best
    assert looks[-1].step < ruinous.steps


def test_without_validation_the_schedule_is_gone_through(tmp_path):
    _, looks = fitted(tmp_path, replace(SETTINGS, stop_after=30, patience=0), judged=False)

    assert [look.step for look in looks] == [0, 20, 30]
    assert looks[-1].best
    assert np.isnan(looks[-1].val_loss)
