import numpy as np
import pytest

from model.drift.stability import index_by_chance, stability_index


def test_equal_shares_have_no_index():
    assert stability_index([500, 500], [0.5, 0.5], 1000) == pytest.approx(0.0)


def test_the_index_is_that_of_the_definition():
    moved = stability_index([300_000, 700_000], [0.5, 0.5], 1_000_000)
    assert moved == pytest.approx((0.3 - 0.5) * np.log(0.6) + (0.7 - 0.5) * np.log(1.4), rel=1e-4)


def test_an_empty_class_is_finite():
    assert 0 < stability_index([0, 100], [0.5, 0.5], 100) < 10


@pytest.mark.parametrize("classes", [2, 10])
def test_equal_populations_pass_what_chance_explains_once_in_a_thousand_times(classes):
    random = np.random.default_rng(0)
    shares, size, reference = np.full(classes, 1 / classes), 400, 600
    limit = index_by_chance(size, reference, classes)
    draws = 4000
    passed = sum(
        stability_index(
            random.multinomial(size, shares), random.multinomial(reference, shares) / reference, reference
        )
        > limit
        for _ in range(draws)
    )
    assert passed <= 12  # 4 are expected


def test_fewer_than_two_classes_cannot_move():
    assert index_by_chance(100, 100, 1) == float("inf")
