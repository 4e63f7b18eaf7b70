import numpy as np
import pytest

from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = [*USES_TENSORFLOW, pytest.mark.timeout(300)]

LABELS = np.array([0] * 30 + [1] * 5)


@pytest.fixture(scope="module", autouse=True)
def late(tensorflow_on_all_cores):
    """Import what needs TensorFlow in the process of its tests, not wherever they are collected."""
    global HeadSettings, balanced_epoch, fit_head, predict
    from model.lab.reproduction.head import HeadSettings, balanced_epoch, fit_head, predict


def test_a_batch_has_as_many_of_each_class_and_an_epoch_each_of_the_larger_once():
    batches = list(balanced_epoch(range(35), LABELS, 10, np.random.default_rng(1)))

    assert [int(LABELS[rows].sum()) for rows in batches] == [5] * 6
    drawn = np.concatenate(batches)
    assert sorted(drawn[LABELS[drawn] == 0].tolist()) == list(range(30))
    assert sorted(drawn[LABELS[drawn] == 1].tolist()) == sorted(list(range(30, 35)) * 6)


def test_a_file_that_stands_twice_is_drawn_twice_and_one_of_another_part_never():
    rows = [0, 0, 1, 2, 30, 31]
    drawn = np.concatenate(list(balanced_epoch(rows, LABELS, 4, np.random.default_rng(1))))
    assert sorted(drawn[LABELS[drawn] == 0].tolist()) == [0, 0, 1, 2]
    assert set(drawn.tolist()) == {0, 1, 2, 30, 31}


def maps_of(labels, variations=1):
    """Give maps in which a fracture lights one feature."""
    maps = np.random.default_rng(2).random((len(labels), 1 + variations, 7, 7, 1280))
    maps = (0.05 * maps).astype(np.float16)
    maps[..., 0] = (6.0 * labels)[:, None, None, None]
    return maps


def test_a_head_learns_the_second_logit_to_be_fractured_and_keeps_its_best_epoch():
    labels = np.arange(24) % 2
    epochs = []
    settings = HeadSettings(batch_size=8, epoch_steps=2, epochs=4, patience=4, learning_rate=1e-3, seed=1)

    head = fit_head(maps_of(labels), labels, range(16), range(16, 20), settings, epochs.append)
    logits = predict(head, maps_of(labels), range(20, 24))

    assert [epoch.number for epoch in epochs] == [1, 2, 3, 4]
    assert logits.shape == (4, 2)
    assert (logits[:, 1] > logits[:, 0]).tolist() == [False, True, False, True]
    assert [name for name in ("hidden", "head") if head.get_layer(name).trainable] == ["hidden", "head"]
    losses = np.logaddexp(0.0, predict(head, maps_of(labels), range(16, 20)))
    targets = np.stack([1 - labels[16:20], labels[16:20]], axis=1)
    kept = (losses - targets * predict(head, maps_of(labels), range(16, 20))).mean()
    assert kept == pytest.approx(min(epoch.val_loss for epoch in epochs), rel=1e-4)


def test_it_stops_when_validation_no_longer_improves():
    labels = np.arange(16) % 2
    wrong = labels.copy()
    wrong[8:] = 1 - wrong[8:]  # the better the fit, the worse the validation
    epochs = []
    settings = HeadSettings(batch_size=8, epoch_steps=1, epochs=9, patience=2, learning_rate=1e-3, seed=1)
    fit_head(maps_of(labels), wrong, range(8), range(8, 16), settings, epochs.append)
    assert len(epochs) < 9
    assert not any(epoch.best for epoch in epochs[-2:])
