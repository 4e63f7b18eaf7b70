import numpy as np

from model.training.sampler import SourceSampler, few_per_source
from tests.support.labelled import labelled


def test_each_source_is_drawn_equally_often_however_often_it_is_copied():
    pictures = labelled(4, 0, copies=50)
    sampler = SourceSampler(pictures, seed=0)

    _, labels, _ = sampler.draw(400)

    assert 0.4 < labels.mean() < 0.6


def test_batches_are_those_of_the_seed():
    pictures = labelled(4, 0)

    first, second = ([*SourceSampler(pictures, 5).batches(3, 2)] for _ in range(2))

    for one, other in zip(first, second, strict=True):
        for left, right in zip(one, other, strict=True):
            np.testing.assert_array_equal(left, right)


def test_few_per_source_keeps_every_source():
    kept = few_per_source(labelled(4, 0, copies=50), 4)

    assert len(kept.examples) == 7
    assert {"s0", "s1", "s2", "s3"} == {example.source for example in kept.examples}
    assert len(kept.inputs) == 7
