import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.lab.statistics.metrics import Interval, auroc

LABELS = np.array([0.0, 0.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("scores", "expected"),
    [([1, 2, 3, 4], 1.0), ([4, 3, 2, 1], 0.0), ([1, 1, 1, 1], 0.5), ([1, 3, 2, 4], 0.75)],
)
def test_auroc_of_four(scores, expected):
    assert expected == auroc(np.array(scores, float), LABELS, np.ones(4))


@given(
    st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(1, 4)), min_size=2, max_size=30).filter(
        lambda rows: len({row[1] for row in rows}) == 2
    )
)
def test_auroc_is_the_share_of_pairs_in_the_right_order(rows):
    expected = won = 0.0
    for score, label, weight in rows:
        for other, other_label, other_weight in rows:
            if label and not other_label:
                expected += weight * other_weight
                won += weight * other_weight * (1.0 if score > other else 0.5 if score == other else 0.0)

    scores, labels, weights = (np.array(column, dtype=float) for column in zip(*rows, strict=True))

    assert won / expected == pytest.approx(auroc(scores, labels, weights))


def test_auroc_without_one_label_is_not_a_number():
    assert math.isnan(auroc(np.arange(3.0), np.ones(3), np.ones(3)))


def test_an_interval_reads_as_one():
    assert str(Interval(0.812, 0.7, 0.9)) == "0.81 (0.70 to 0.90)"
