import time

import numpy as np
import pytest

from model.lab.evaluation.bootstrap import draw_patients, draw_votes, interval
from model.lab.evaluation.sources import mean_votes
from model.lab.statistics.calibration import calibration_figures
from model.lab.statistics.ranking import auroc_of
from tests.support.scored import drawn, example, scored


@pytest.fixture
def sources():
    """Patient p has two sources of the clinic, the others one each; the web has one label only."""
    examples = [
        example("a", 1, patient="p"),
        example("b", 1, patient="p"),
        example("c", 1),
        example("d", 0),
        example("e", 0),
        example("f", 1, provenance="web"),
        example("g", 1, provenance="web"),
    ]
    return mean_votes(scored(examples, np.arange(7.0)))


def test_the_first_row_is_the_data(sources):
    votes = draw_votes(sources, draws=50)

    assert votes.shape == (51, 7)
    np.testing.assert_array_equal(np.ones(7), votes[0])


def test_pictures_of_one_patient_are_drawn_together_and_each_kind_as_often_as_it_is(sources):
    votes = draw_votes(sources, draws=200)

    np.testing.assert_array_equal(votes[:, 0], votes[:, 1])
    np.testing.assert_array_equal(np.full(201, 2.0), votes[:, 0] + votes[:, 2])  # two patients of the clinic
    np.testing.assert_array_equal(np.full(201, 2.0), votes[:, 3] + votes[:, 4])
    np.testing.assert_array_equal(np.full(201, 2.0), votes[:, 5] + votes[:, 6])
    assert {0.0, 1.0, 2.0} == set(votes[:, 3])


def test_the_same_seed_draws_the_same(sources):
    np.testing.assert_array_equal(draw_votes(sources, 20, 3), draw_votes(sources, 20, 3))
    assert (draw_votes(sources, 20, 3) != draw_votes(sources, 20, 4)).any()


def test_a_patient_of_both_labels_is_a_kind_of_its_own():
    table = mean_votes(
        scored([example("a", 1, patient="p"), example("b", 0, patient="p"), example("c", 0)], [1, 2, 3])
    )

    np.testing.assert_array_equal(np.ones((11, 3)), draw_votes(table, draws=10))


def test_an_interval_leaves_out_draws_without_a_figure():
    found = interval(np.array([0.5, *np.linspace(0.0, 1.0, 41), np.nan]))

    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.025, 0.975))
    assert np.isnan(interval(np.array([0.5, np.nan])).low)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    covered = 0
    for seed in range(60):
        sources = mean_votes(drawn(80, seed, strength=1.0))
        found = interval(auroc_of(sources.logits, sources.labels, draw_votes(sources, 200, seed)))
        covered += found.low <= 0.7602 <= found.high  # the normal distribution function of 1 / sqrt(2)

    assert 52 <= covered <= 60


def test_two_thousand_draws_take_seconds_not_minutes():
    sources = mean_votes(drawn(400))

    started = time.process_time()  # whatever else this machine does
    votes = draw_votes(sources)
    auroc_of(sources.logits, sources.labels, votes)
    calibration_figures(sources.scores, sources.labels, votes)

    assert time.process_time() - started < 10.0


def test_the_interval_is_over_patients_not_over_copies():
    rng = np.random.default_rng(0)
    labels = np.tile([0.0, 1.0], 20)
    scores = rng.normal(labels, 1.0)
    patients = [str(index) for index in range(40)]

    def found(times):
        votes = draw_patients(patients * times, ["clinic"] * 40 * times, np.tile(labels, times), 400)
        return interval(auroc_of(np.tile(scores, times), np.tile(labels, times), votes))

    alone, copied = found(1), found(10)
    assert alone.low < alone.value < alone.high
    assert (copied.low, copied.high) == pytest.approx((alone.low, alone.high))
