import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.lab.statistics.metrics import Interval, auroc, auroc_interval, mean_auroc

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


def test_strata_are_not_compared_with_each_other():
    scores = np.array([1.0, 2.0, 11.0, 12.0])
    labels = np.array([0.0, 1.0, 1.0, 0.0])
    strata = np.array(["a", "a", "b", "b"])

    assert mean_auroc(scores, labels, np.ones(4), strata) == 0.5


def test_the_interval_is_over_patients_not_over_copies():
    rng = np.random.default_rng(0)
    labels = np.tile([0.0, 1.0], 20)
    scores = rng.normal(labels, 1.0)
    patients = [str(index) for index in range(40)]

    alone = auroc_interval(scores, labels, np.ones(40), patients, draws=400)
    copied = auroc_interval(
        np.tile(scores, 10), np.tile(labels, 10), np.full(400, 0.1), patients * 10, draws=400
    )

    assert alone.low < alone.value < alone.high
    assert copied.low == pytest.approx(alone.low)
    assert copied.high == pytest.approx(alone.high)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    covered = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        labels = np.tile([0.0, 1.0], 40)
        scores = rng.normal(labels, 1.0)
        found = auroc_interval(scores, labels, np.ones(80), [str(i) for i in range(80)], draws=200, seed=seed)
        covered += found.low <= 0.7602 <= found.high  # the normal distribution function of 1 / sqrt(2)

    assert 52 <= covered <= 60


def test_one_patient_gives_a_value_and_the_interval_says_no_more():
    found = auroc_interval(np.array([1.0, 2.0]), np.array([0.0, 1.0]), np.ones(2), ["a", "a"], draws=10)

    assert Interval(1.0, 1.0, 1.0) == found


def test_an_interval_reads_as_one():
    assert str(Interval(0.812, 0.7, 0.9)) == "0.81 (0.70 to 0.90)"
