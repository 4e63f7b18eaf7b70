import numpy as np
import pytest

from model.lab.training.abstention.spoiled import SPOILERS
from tests.support.labelled import labelled

PICTURE, OTHER = (one.astype(np.float32) / np.float32(65535) for one in labelled(2, 0)[1])


@pytest.mark.parametrize("kind", SPOILERS)
def test_a_spoiled_picture_is_a_picture_that_follows_from_its_generator(kind):
    spoil = SPOILERS[kind]
    first, again, other = (spoil(PICTURE, OTHER, np.random.default_rng(seed)) for seed in (1, 1, 2))

    assert (first.shape, first.dtype) == (PICTURE.shape, np.float32)
    assert np.isfinite(first).all()
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.abs(first - PICTURE).mean() > 0.01
