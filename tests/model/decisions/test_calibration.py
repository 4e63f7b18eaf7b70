import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.decisions.calibration import Calibration, fit_platt, rule_lines, shift_prevalence, sigmoid
from model.errors import ReleaseError

shares = st.floats(0.001, 0.999)


@given(st.floats(-1e6, 1e6))
def test_a_score_is_a_probability_for_any_logit(logit):
    assert 0.0 <= Calibration(2.0, 1.0, 0.5).score(logit) <= 1.0


@pytest.mark.parametrize(
    ("slope", "intercept", "prevalence"),
    [(0.0, 0.0, 0.5), (-1.0, 0.0, 0.5), (1.0, math.nan, 0.5), (1.0, 0.0, 1.0)],
)
def test_what_is_no_calibration_is_refused(slope, intercept, prevalence):
    with pytest.raises(ReleaseError, match="no calibration"):
        Calibration(slope, intercept, prevalence)


@given(st.floats(0.0, 1.0), shares, shares)
def test_a_shift_there_and_back_changes_nothing(score, here, there):
    back = shift_prevalence(shift_prevalence(score, here, there), there, here)

    assert score == pytest.approx(back, abs=1e-9)


def test_a_picture_that_tells_nothing_has_the_prevalence_as_its_probability():
    assert pytest.approx(0.03) == shift_prevalence(0.5, 0.5, 0.03)


def test_a_shift_to_the_same_prevalence_is_exact():
    assert shift_prevalence(0.1234567890123, 0.3, 0.3) == 0.1234567890123


@pytest.mark.parametrize(("score", "to"), [(0.5, 0.0), (0.5, 1.0), (1.1, 0.5), (math.nan, 0.5)])
def test_a_shift_refuses_what_is_no_probability(score, to):
    with pytest.raises(ValueError, match=r"lies (in|between)"):
        shift_prevalence(score, 0.5, to)


def test_platt_finds_the_slope_and_intercept_that_made_the_labels():
    rng = np.random.default_rng(1)
    logits = rng.normal(0.0, 2.0, 20_000)
    made = np.array([sigmoid(0.7 * logit - 0.4) for logit in logits])
    labels = (rng.random(20_000) < made).astype(float)

    found = fit_platt(logits, labels, np.ones_like(logits), prevalence=float(labels.mean()))

    assert found.slope == pytest.approx(0.7, abs=0.03)
    assert found.intercept == pytest.approx(-0.4, abs=0.05)


def test_platt_at_half_is_the_shifted_platt_at_the_share_of_the_data():
    rng = np.random.default_rng(2)
    labels = (rng.random(20_000) < 0.8).astype(float)
    logits = rng.normal(0.0, 1.0, 20_000) + labels
    weights = np.ones_like(logits)

    at_share = fit_platt(logits, labels, weights, prevalence=0.8).score(0.5)
    at_half = fit_platt(logits, labels, weights, prevalence=0.5).score(0.5)

    assert at_half == pytest.approx(shift_prevalence(at_share, 0.8, 0.5), abs=0.01)


def test_platt_stays_finite_when_the_labels_are_told_apart_perfectly():
    found = fit_platt(np.array([-9.0, -8.0, 8.0, 9.0]), np.array([0.0, 0.0, 1.0, 1.0]), np.ones(4))

    assert 0.5 < found.score(9.0) < 0.95


def test_platt_refuses_a_network_that_is_the_wrong_way_round():
    with pytest.raises(ReleaseError, match="slope"):
        fit_platt(np.array([2.0, 1.0, -1.0, -2.0]), np.array([0.0, 0.0, 1.0, 1.0]), np.ones(4))


def test_lines_keep_their_promise_with_weights():
    rng = np.random.default_rng(3)
    labels = np.repeat([0.0, 1.0], 300)
    scores = np.clip(rng.normal(0.4 + 0.2 * labels, 0.2), 0.001, 0.999)
    weights = rng.uniform(0.1, 3.0, 600)
    fractured = labels == 1.0

    lower, upper = rule_lines(scores, labels, weights)

    sensitivity = np.average(scores[fractured] >= lower, weights=weights[fractured])
    specificity = np.average(scores[~fractured] < upper, weights=weights[~fractured])
    assert 0.95 <= sensitivity < 0.97
    assert 0.95 <= specificity < 0.97
    assert lower < upper


def test_nineteen_of_twenty_is_enough_for_a_sensitivity_of_95_percent():
    scores = np.concatenate([np.linspace(0.05, 0.95, 20), [0.01, 0.99]])
    labels = np.concatenate([np.ones(20), np.zeros(2)])

    lower, _ = rule_lines(scores, labels, np.ones(22))

    assert np.sum(scores[:20] >= lower) == 19


def test_lines_that_cross_meet_in_the_middle():
    lower, upper = rule_lines(np.array([0.1, 0.2, 0.8, 0.9]), np.array([0.0, 0.0, 1.0, 1.0]), np.ones(4))

    assert lower == upper
    assert 0.2 < lower < 0.8
