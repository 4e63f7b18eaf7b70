import json
from dataclasses import replace

import numpy as np
import pytest

from model.lab.dataset.examples import DatasetError
from model.lab.evaluation.compare import compare, mcnemar_p
from tests.support.scored import drawn, example, scored


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [(0, 0, 1.0), (5, 5, 1.0), (10, 0, 2 / 1024), (8, 2, 112 / 1024), (1, 0, 1.0)],
)
def test_mcnemar_by_hand(first, second, expected):
    assert mcnemar_p(first, second) == pytest.approx(expected)
    assert mcnemar_p(second, first) == pytest.approx(expected)


def test_mcnemar_is_that_of_scipy():
    stats = pytest.importorskip("scipy.stats", reason='needs the extra "train"')

    assert mcnemar_p(23, 41) == pytest.approx(stats.binomtest(23, 64).pvalue)


def test_a_network_compared_with_itself_differs_by_nothing():
    table = drawn(40)

    found = compare({0: table}, {0: table}, draws=50)

    for name, figure in found.figures.items():
        if np.isfinite(figure.first):
            assert (figure.difference.value, figure.difference.low, figure.difference.high) == (0, 0, 0), name
    assert (found.mcnemar.first_only, found.mcnemar.second_only, found.mcnemar.p) == (0, 0, 1)


def test_what_is_hard_for_both_cancels():
    """The second is the first with a little noise: each interval is wide, that of the difference small."""
    table = drawn(120, strength=1.0)
    noise = np.random.default_rng(8).normal(0.0, 0.2, 120)
    noisy = scored(table.examples, table.logits + noise)

    found = compare({0: table}, {0: noisy}, draws=400).figures["auroc"]

    assert found.first - found.second == pytest.approx(found.difference.value)
    assert found.difference.high - found.difference.low < 0.06


def test_a_better_network_is_shown_to_be_one():
    table = drawn(120, strength=1.5)
    worse = scored(table.examples, np.random.default_rng(9).normal(0.0, 1.0, 120))

    found = compare({0: table}, {0: worse}, draws=400)

    assert found.figures["auroc"].difference.low > 0.0
    assert found.figures["within_auroc"].difference.low > 0.0
    assert found.figures["brier"].difference.high < 0.0
    assert found.mcnemar.first_only > found.mcnemar.second_only
    assert found.mcnemar.p < 0.01


def test_pictures_are_matched_by_their_bytes_not_by_their_place():
    table = drawn(40)
    turned = table.take(list(range(39, -1, -1)))

    assert compare({0: table}, {0: turned}, draws=10).figures["auroc"].difference.value == 0.0


def test_different_pictures_are_not_compared():
    with pytest.raises(DatasetError, match="different pictures"):
        compare({0: drawn(40)}, {0: drawn(40, seed=1)}, draws=10)


def test_sources_that_one_gets_right():
    examples = [example(name, label) for name, label in (("a", 1), ("b", 1), ("c", 0), ("d", 0))]
    first, second = scored(examples, [1, 1, -1, 1]), scored(examples, [1, -1, 1, -1])

    found = compare({0: first}, {0: second}, draws=10).mcnemar

    assert (found.first_only, found.second_only) == (2, 1)


def test_several_seeds_are_compared_by_their_means():
    first, better = drawn(40, strength=1.0), drawn(40, strength=3.0)
    better = replace(better, examples=first.examples)

    found = compare({0: first, 1: better}, {7: first}, draws=20).figures["auroc"]

    assert found.first > found.second
    alone = compare({1: better}, {7: first}, draws=20).figures["auroc"]
    assert found.difference.value == pytest.approx(alone.difference.value / 2)


def test_plain_comparisons_are_json():
    table = scored([example("a", 1), example("b", 1)], [1.0, 2.0])
    plain = compare({0: table}, {0: table}, draws=5).as_plain()

    assert plain["figures"]["auroc"]["first"] is None
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
