import numpy as np
import pytest

from model.lab.quantisation.gate import Gate, Measured, judge, time_ratios
from tests.support.scored import drawn, example, scored
from tests.support.stub import StubClassifier

SMALL = Measured("int8", 0.3, 0.5)


def changed(floats, by):
    return scored(floats.examples, floats.logits + by)


def test_a_variant_that_says_the_same_may_be_shipped():
    floats = drawn(200)
    trial = judge(SMALL, floats, changed(floats, 1e-4), Gate(), seed=1)

    assert trial.failed == ()
    assert (trial.flips, trial.agreement) == (0, 1.0)
    assert trial.change == pytest.approx(1e-4 / 4, rel=0.2)
    assert (trial.auroc.low, trial.auroc.value, trial.auroc.high) == (0.0, 0.0, 0.0)


def test_one_percent_of_larger_changes_is_borne_and_two_are_not():
    floats = scored([example(str(n), n % 2) for n in range(1000)], np.zeros(1000))
    for share, failed in ((9, ()), (20, ("change",))):
        by = np.zeros(1000)
        by[:share] = 0.5
        assert judge(SMALL, floats, changed(floats, by), Gate(), seed=1).failed == failed


def test_a_single_flip_fails():
    floats = scored([example(str(n), n % 2) for n in range(1000)], np.full(1000, 3.0))
    by = np.zeros(1000)
    by[7] = -6.0

    trial = judge(SMALL, floats, changed(floats, by), Gate(), seed=1)

    assert (trial.flips, trial.failed) == (1, ("flips",))
    assert trial.largest_change == pytest.approx(0.905, abs=1e-3)


def test_decisions_that_change_fail_also_when_none_flips():
    floats = scored([example(str(n), n % 2) for n in range(1000)], np.full(1000, 1.39))
    by = np.zeros(1000)
    by[:20] = -0.01  # across the line of rule-in, which stands at 0.8

    trial = judge(SMALL, floats, changed(floats, by), Gate(), seed=1)

    assert (trial.flips, trial.agreement, trial.failed) == (0, 0.98, ("agreement",))


def test_another_order_fails_by_its_interval():
    floats = drawn(300)
    trial = judge(SMALL, floats, changed(floats, np.random.default_rng(2).normal(size=300)), Gate(), seed=1)

    assert trial.auroc.low < trial.auroc.value < 0.0
    assert "auroc" in trial.failed
    assert "auroc" not in judge(SMALL, floats, floats, Gate(), seed=1).failed


def test_networks_are_timed_in_turn():
    floats, variant = StubClassifier(), StubClassifier()
    ratios = time_ratios(floats, {"int8": variant}, np.zeros((5, 224, 224), np.uint16))

    assert floats.seen == variant.seen == [1] * 5
    assert 0.0 < ratios["int8"] < 100.0
