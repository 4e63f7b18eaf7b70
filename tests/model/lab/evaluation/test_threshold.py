import numpy as np
import pytest

from model.lab.evaluation.threshold import decision_figures, threshold_figures

reference = pytest.importorskip("sklearn.metrics", reason='needs the extra "train"')


def test_figures_are_those_of_scikit_learn():
    rng = np.random.default_rng(2)
    labels = (rng.random(50) < 0.7).astype(float)
    scores = np.clip(rng.normal(0.4 + 0.2 * labels, 0.3), 0, 1)
    votes = rng.integers(0, 3, (8, 50)).astype(float)
    called = (scores >= 0.5).astype(float)

    found = threshold_figures(scores, labels, votes)

    for name, figure, more in (
        ("accuracy", reference.accuracy_score, {}),
        ("precision", reference.precision_score, {}),
        ("recall", reference.recall_score, {}),
        ("specificity", reference.recall_score, {"pos_label": 0.0}),
        ("f1", reference.f1_score, {}),
        ("balanced_accuracy", reference.balanced_accuracy_score, {}),
    ):
        expected = [figure(labels, called, sample_weight=row, **more) for row in votes]
        np.testing.assert_allclose(expected, found[name], atol=1e-12, err_msg=name)


def test_a_score_on_the_line_is_called_fractured():
    found = threshold_figures(np.array([0.5, 0.49]), np.array([1.0, 0.0]), np.ones((1, 2)))

    assert found["balanced_accuracy"][0] == 1.0


def test_calling_nothing_fractured_has_a_precision_of_nought_and_one_label_no_figure():
    none_called = threshold_figures(np.array([0.1, 0.2]), np.array([1.0, 0.0]), np.ones((1, 2)))
    one_label = threshold_figures(np.array([0.1, 0.9]), np.array([0.0, 0.0]), np.ones((1, 2)))

    assert (none_called["precision"][0], none_called["f1"][0], none_called["recall"][0]) == (0.0, 0.0, 0.0)
    assert one_label["specificity"][0] == 0.5
    assert all(np.isnan(one_label[name][0]) for name in ("recall", "precision", "f1", "balanced_accuracy"))


def test_decisions_by_label():
    """Columns: fractured, uncertain, abstained, not_fractured."""
    shares = np.array([[1, 0, 0, 0], [0.5, 0.25, 0.25, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0.2, 0, 0.3, 0.5]])
    labels = np.array([1.0, 1.0, 1.0, 0.0, 0.0])
    votes = np.array([[1.0, 1.0, 1.0, 1.0, 1.0], [0.0, 2.0, 0.0, 0.0, 3.0]])

    found = decision_figures(shares, labels, votes)

    assert {name: values.tolist() for name, values in found.items()} == {
        "uncertain": pytest.approx([0.25 / 5, 0.5 / 5]),
        "abstained": pytest.approx([0.55 / 5, 1.4 / 5]),
        "missed": pytest.approx([1 / 3, 0.0]),
        "false_alarm": pytest.approx([0.1, 0.2]),
        "ruled_in": pytest.approx([0.5, 0.5]),
        "ruled_out": pytest.approx([0.75, 0.5]),
    }
