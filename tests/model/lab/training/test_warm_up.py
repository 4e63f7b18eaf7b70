import numpy as np
import pytest

from tests.support.labelled import labelled, tiny_batches, tiny_halves
from tests.support.tensorflow import USES_TENSORFLOW, import_tensorflow

pytestmark = USES_TENSORFLOW
import_tensorflow()

from model.lab.training.warm_up import seed_dropout, warm_up_head, weighted_loss  # noqa: E402 # needs TensorFlow


def test_the_head_learns_and_nothing_else():
    halves = tiny_halves()
    examples, inputs = labelled(12, 0)
    batches = tiny_batches(halves, examples, inputs, range(12), seed=0)
    before = [weight.numpy() for weight in halves.network.weights]

    warm_up_head(halves, batches, pictures=64, steps=60, seed=0)

    changed = [
        weight.path
        for weight, old in zip(halves.network.weights, before, strict=True)
        if not np.array_equal(weight, old)
    ]
    assert sorted(changed) == ["head/bias", "head/kernel"]
    batch = batches.at(3)
    logits = halves.upper(batch.features, training=False)["logit"][:, 0].numpy()
    assert logits[batch.labels == 1].mean() > logits[batch.labels == 0].mean()


def test_what_is_left_out_depends_on_seed_and_step():
    halves = tiny_halves(dropout=0.5)
    features = np.ones((4, *halves.upper.input_shape[1:]), np.float32)

    def outcome(seed, step):
        seed_dropout(halves.upper, seed, step)
        return halves.upper(features, training=True)["logit"].numpy().tobytes()

    assert outcome(1, 5) == outcome(1, 5)
    assert len({outcome(1, 5), outcome(1, 6), outcome(2, 5)}) == 3


def test_the_loss_is_the_weighted_cross_entropy():
    logits = np.array([[0.0], [2.0]], np.float32)
    labels, weights = np.array([1.0, 0.0], np.float32), np.array([1.0, 3.0], np.float32)
    each = np.log(2.0), np.log(1.0 + np.exp(2.0))

    assert float(weighted_loss(logits, labels, weights)) == pytest.approx(
        (each[0] + 3 * each[1]) / 4, rel=1e-5
    )
    assert float(weighted_loss(logits, labels)) == pytest.approx((each[0] + each[1]) / 2, rel=1e-5)


def test_smoothed_labels_do_not_ask_for_certainty():
    def loss(logit):
        return float(weighted_loss(np.array([[logit]], np.float32), np.ones(1, np.float32), smoothing=0.1))

    assert loss(np.log(9.0)) < loss(1.5)
    assert loss(np.log(9.0)) < loss(5.0)


def test_the_loss_of_two_sigmoids_asks_both():
    logits = np.array([[5.0, -5.0]], np.float32)

    assert float(weighted_loss(logits, np.zeros(1, np.float32))) < 0.01
    assert float(weighted_loss(logits, np.ones(1, np.float32))) > 4.0
