import numpy as np
import pytest

from tests.support.pictures import pixels
from tests.support.release import shipped_classifier, shipped_release
from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = [*USES_TENSORFLOW, pytest.mark.timeout(240)]


def test_random_weights_destroy_the_map():
    """Adebayo et al. 2018: a map that stays the same shows edges, not what was learned."""
    from model.lab.evaluation.faithful import map_correlation
    from model.lab.evaluation.random_weights import random_maps

    inputs = np.stack([pixels(seed, 224, 224, bits=16) for seed in range(12)])
    learned = np.stack([one.heat_map for one in shipped_classifier().classify(inputs)])

    assert abs(map_correlation(learned, random_maps(inputs, shape=shipped_release().shape))) < 0.3
