import numpy as np
import pytest

from model.lab.statistics.calibration import (
    at_prevalence,
    calibration_figures,
    expected_calibration_error,
    perfect_calibration_errors,
)

linear_model = pytest.importorskip("sklearn.linear_model", reason='needs the extra "train"')
metrics = pytest.importorskip("sklearn.metrics", reason='needs the extra "train"')


def true_scores(count, seed, spread=1.5):
    """Scores that are true at a prevalence of about 0.5, and labels drawn by them."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0.0, spread, count)
    scores = 1 / (1 + np.exp(-logits))
    return logits, scores, (rng.random(count) < scores).astype(float), rng


def test_votes_are_scaled_to_the_prevalence():
    scaled = at_prevalence(
        np.array([1.0, 1.0, 1.0, 0.0]), np.array([[1.0, 1.0, 2.0, 1.0], [1, 1, 1, 0]]), 0.5
    )

    np.testing.assert_allclose([0.625, 0.625, 1.25, 2.5], scaled[0])
    assert np.isnan(scaled[1]).all()


def test_figures_are_those_of_scikit_learn_for_each_set_of_votes():
    logits, scores, labels, rng = true_scores(300, 1)
    scores = 1 / (1 + np.exp(-(2.0 * logits + 0.5)))  # too sure of itself, and too fond of fractures
    votes = rng.integers(0, 3, (6, 300)).astype(float)

    found = calibration_figures(scores, labels, votes, 0.3)

    for index, row in enumerate(at_prevalence(labels, votes, 0.3)):
        fitted = linear_model.LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(
            (2.0 * logits + 0.5)[:, None], labels, sample_weight=row
        )
        assert fitted.coef_[0, 0] == pytest.approx(found["slope"][index], rel=1e-4)
        assert metrics.brier_score_loss(labels, scores, sample_weight=row) == pytest.approx(
            found["brier"][index]
        )
    assert found["slope"].max() < 0.8


def test_true_scores_have_slope_one_and_intercept_nought_at_any_share_of_fractured():
    _, scores, labels, rng = true_scores(40_000, 3)
    kept = (labels > 0.5) | (rng.random(labels.size) < 0.2)  # five fractured for each other one

    found = calibration_figures(scores[kept], labels[kept], np.ones((1, int(kept.sum()))), 0.5)

    assert labels[kept].mean() > 0.8
    assert found["slope"][0] == pytest.approx(1.0, abs=0.05)
    assert found["intercept"][0] == pytest.approx(0.0, abs=0.05)
    assert found["ece"][0] < 0.02


def test_the_intercept_is_how_far_all_logits_lie_too_low():
    logits, _, labels, _ = true_scores(40_000, 5)
    low = 1 / (1 + np.exp(-(logits - 0.7)))

    found = calibration_figures(low, labels, np.ones((1, labels.size)), float(labels.mean()))

    assert found["intercept"][0] == pytest.approx(0.7, abs=0.05)


def test_the_calibration_error_by_hand():
    """Two in the bin from 0.1: mean score 0.15, share 0.5. One in the last: score 1.0, share 1."""
    scores, labels = np.array([0.12, 0.18, 1.0]), np.array([1.0, 0.0, 1.0])

    found = expected_calibration_error(scores, labels, np.array([[1.0, 1.0, 1.0], [0.0, 2.0, 0.0]]))

    np.testing.assert_allclose([2 / 3 * 0.35, 0.18], found)


def test_one_label_gives_no_figure_and_separated_labels_a_finite_one():
    scores, labels = np.array([0.2, 0.3, 0.8]), np.array([0.0, 0.0, 1.0])

    found = calibration_figures(scores, labels, np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]))

    assert all(np.isnan(values[0]) and np.isfinite(values[1]) for values in found.values())
    assert found["slope"][1] > 2.0


def test_a_perfect_model_lies_within_its_simulations_and_one_too_sure_above_them():
    above = 0
    for seed in range(40):
        logits, scores, labels, _ = true_scores(200, seed)
        votes = np.ones((1, 200))
        prevalence = float(labels.mean())
        bar = np.percentile(perfect_calibration_errors(scores, labels, prevalence, 300, seed), 95)
        above += calibration_figures(scores, labels, votes, prevalence)["ece"][0] > bar
        sure = 1 / (1 + np.exp(-3.0 * logits))
        bar = np.percentile(perfect_calibration_errors(sure, labels, prevalence, 300, seed), 95)
        assert calibration_figures(sure, labels, votes, prevalence)["ece"][0] > bar

    assert above <= 6  # 2 of 40 are expected


def test_the_simulation_holds_where_fractures_are_far_more_common_than_the_scores_assume():
    _, scores, labels, rng = true_scores(6000, 9)
    kept = (labels > 0.5) | (rng.random(labels.size) < 0.1)
    scores, labels = scores[kept], labels[kept]

    simulated = perfect_calibration_errors(scores, labels, 0.5, 500)
    found = calibration_figures(scores, labels, np.ones((1, labels.size)), 0.5)["ece"][0]

    assert found < np.percentile(simulated, 99)
    np.testing.assert_array_equal(simulated, perfect_calibration_errors(scores, labels, 0.5, 500))


def test_one_label_has_no_simulation():
    assert perfect_calibration_errors(np.array([0.5, 0.6]), np.ones(2)).size == 0
