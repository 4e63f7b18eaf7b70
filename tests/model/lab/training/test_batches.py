import numpy as np

from model.lab.training.batches import Batches
from model.lab.training.sampler import VariationSampler, source_shares
from model.lab.training.variations import plan_variations
from tests.support.labelled import labelled

EXAMPLES, _ = labelled(6, 0)
PLANNED = plan_variations(EXAMPLES, source_shares(EXAMPLES), 60)
SAMPLER = VariationSampler(EXAMPLES, PLANNED, range(6), source_shares(EXAMPLES), seed=1)
FEATURES = np.arange(len(PLANNED), dtype=np.float16).reshape(-1, 1, 1, 1)


def batches():
    return Batches(SAMPLER, FEATURES, EXAMPLES, PLANNED, 8)


def test_features_and_labels_belong_together():
    batch = batches().at(3)

    numbers = batch.features[:, 0, 0, 0].astype(int)
    assert batch.features.dtype == np.float32
    assert batch.labels.tolist() == [float(EXAMPLES[PLANNED[number].row].label) for number in numbers]


def test_steps_in_turn_are_those_of_their_numbers():
    found = dict(batches().between(2, 6))

    assert list(found) == [2, 3, 4, 5]
    for step, batch in found.items():
        np.testing.assert_array_equal(batch.features, batches().at(step).features)
    assert list(batches().between(4, 4)) == []


def test_the_warm_up_has_draws_of_its_own():
    first = batches().for_warm_up(17)

    assert len(first) == 2
    assert first[0].features.tolist() != batches().at(0).features.tolist()
