import numpy as np
import pytest

from model.drift.spread import spread_of


def test_classes_are_tenths_and_every_value_is_in_one():
    values = np.random.default_rng(1).normal(size=1000)
    spread = spread_of({"all": values})
    assert len(spread.edges) == 9
    assert spread.shares["all"] == pytest.approx([0.1] * 10)
    assert sum(spread.count(values)) == 1000
    assert spread.count([-100, 100]) == (1, *[0] * 8, 1)


def test_equal_values_make_fewer_classes():
    spread = spread_of({"all": np.array([0.0] * 95 + [1.0] * 5)})
    assert spread.edges == (0.0,)
    assert sum(spread.shares["all"]) == pytest.approx(1)


def test_labels_share_their_edges():
    spread = spread_of({"a": np.zeros(50), "b": np.ones(50)})
    assert spread.means == {"a": 0.0, "b": 1.0}
    assert spread.shares["a"] != spread.shares["b"]
