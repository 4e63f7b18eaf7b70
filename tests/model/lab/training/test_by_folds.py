"""The lines of a release that was measured by folds; the whole way: `test_train`."""

import numpy as np
import pytest

from model.lab.evaluation.nested import Aims, draw_lines
from model.lab.evaluation.out_of_fold import OutOfFold
from tests.support.scored import drawn
from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = USES_TENSORFLOW

TABLE = drawn(120, strength=2.0)


@pytest.fixture(scope="module", autouse=True)
def late(tensorflow_on_all_cores):
    """Import what needs TensorFlow in the process of its tests, not wherever they are collected."""
    global pooled_lines, CrossValidation
    from model.lab.training.by_folds import pooled_lines
    from model.lab.training.cross_validate import CrossValidation


def found(*tables):
    folds = tuple(row % 3 for row in range(120))
    runs = tuple(OutOfFold(seed, folds, table) for seed, table in enumerate(tables))
    return CrossValidation(runs, tuple(range(120)), 10)


def test_one_seed_s_lines_are_those_of_its_predictions():
    calibration, thresholds = pooled_lines(found(TABLE), Aims())
    expected = draw_lines(TABLE.logits, TABLE.distances, TABLE.examples, Aims())

    assert (calibration, thresholds) == expected


def test_every_seed_counts_and_none_twice():
    other = drawn(120, strength=6.0)
    alone, _ = pooled_lines(found(TABLE), Aims())
    twice, _ = pooled_lines(found(TABLE, TABLE), Aims())
    both, _ = pooled_lines(found(TABLE, other), Aims())

    assert twice.slope == pytest.approx(alone.slope, rel=1e-3)
    assert not np.isclose(both.slope, alone.slope, rtol=0.05)


def test_lines_are_drawn_for_the_aims():
    strict = pooled_lines(found(TABLE), Aims(sensitivity=0.99, specificity=0.99))[1]
    loose = pooled_lines(found(TABLE), Aims(sensitivity=0.7, specificity=0.7))[1]

    assert strict.rule_in - strict.rule_out > loose.rule_in - loose.rule_out
