import numpy as np
import pytest

from model.lab.statistics.ranking import auprc_of, auroc_of, within_auroc_of

reference = pytest.importorskip("sklearn.metrics", reason='needs the extra "train"')

FOUR = np.array([0.0, 0.0, 1.0, 1.0])
ONE_EACH = np.ones((1, 4))


@pytest.fixture(scope="module")
def many():
    """Scores with ties, labels, and sets of votes with zeros among them."""
    rng = np.random.default_rng(4)
    labels = (rng.random(60) < 0.4).astype(float)
    return np.round(rng.normal(labels, 1.0), 1), labels, rng.integers(0, 4, (20, 60)).astype(float)


def test_auroc_is_that_of_scikit_learn_for_each_set_of_votes(many):
    scores, labels, votes = many

    expected = [reference.roc_auc_score(labels, scores, sample_weight=row) for row in votes]

    assert len(np.unique(scores)) < 50
    np.testing.assert_allclose(expected, auroc_of(scores, labels, votes), atol=1e-12)


def test_auprc_is_that_of_scikit_learn_for_each_set_of_votes(many):
    scores, labels, votes = many

    expected = [reference.average_precision_score(labels, scores, sample_weight=row) for row in votes]

    np.testing.assert_allclose(expected, auprc_of(scores, labels, votes), atol=1e-12)


def test_without_votes_for_a_label_there_is_no_figure():
    votes = np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0], [1.0, 0.0, 0.0, 1.0]])

    for figure in (auroc_of, auprc_of):
        found = figure(np.arange(4.0), FOUR, votes)
        assert np.isnan(found[:2]).all()
        assert found[2] == 1.0


def test_only_pairs_within_a_stratum_count_and_each_pair_once():
    """Stratum a: 1 of 1 pair. Stratum b: 2 of 4 pairs. Across them every pair is in the right order."""
    scores = np.array([1.0, 2.0, 1.0, 4.0, 2.0, 3.0])
    labels = np.array([0.0, 1.0, 0.0, 0.0, 1.0, 1.0])
    strata = np.array(["a", "a", "b", "b", "b", "b"])

    found = within_auroc_of(scores, labels, np.ones((1, 6)), strata)

    assert found[0] == pytest.approx((1 + 2) / (1 + 4))


def test_a_stratum_of_one_label_has_no_pairs():
    scores, strata = np.array([1.0, 2.0, 9.0, 8.0]), np.array(["a", "a", "b", "b"])

    assert within_auroc_of(scores, np.array([0.0, 1.0, 1.0, 1.0]), ONE_EACH, strata)[0] == 1.0
    assert np.isnan(within_auroc_of(scores, np.array([0.0, 0.0, 1.0, 1.0]), ONE_EACH, strata)[0])


def test_style_alone_is_worth_nothing_within_a_provenance():
    """A score that knows the provenance only: pooled it looks well, within it is chance."""
    labels = np.array([0.0] * 9 + [1.0] + [1.0] * 9 + [0.0])
    strata = np.array(["clinic"] * 10 + ["web"] * 10)
    scores = (strata == "web").astype(float)

    assert auroc_of(scores, labels, np.ones((1, 20)))[0] == pytest.approx(0.9)
    assert within_auroc_of(scores, labels, np.ones((1, 20)), strata)[0] == pytest.approx(0.5)
