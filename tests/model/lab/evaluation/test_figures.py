import numpy as np
import pytest

from model.lab.evaluation.figures import (
    WORDS,
    Rule,
    any_view_draws,
    figure_draws,
    predictive_draws,
    usual_within,
)
from model.lab.evaluation.sources import mean_votes
from tests.support.scored import drawn, example, scored


def sources(**counts):
    """Give sources by provenance: how many are fractured, how many not."""
    examples = [
        example(f"{name}{label}{index}", label, provenance=name)
        for name, both in counts.items()
        for label, count in enumerate(reversed(both))
        for index in range(count)
    ]
    return mean_votes(scored(examples, np.arange(float(len(examples)))))


def test_pairs_count_within_provenances_that_have_enough_and_name_an_origin():
    assert usual_within(sources(clinic=(5, 9), rotated=(6, 5), few=(30, 4), other=(9, 9))) == (
        "clinic",
        "rotated",
    )


def test_a_folder_of_one_hospital_has_an_origin_without_a_name():
    assert usual_within(sources(unknown=(8, 8))) == ("unknown",)
    assert usual_within(sources(unknown=(8, 2))) == ()


def test_every_figure_has_a_word_and_provenances_left_out_do_not_count_within():
    table = mean_votes(drawn(60, provenances=("clinic", "web"), strength=2.0))
    votes = np.ones((1, 60))

    both = figure_draws(table, votes, Rule(0.5, ("clinic", "web")))
    clinic = figure_draws(table, votes, Rule(0.5, ("clinic",)))
    none = figure_draws(table, votes, Rule(0.5, ()))
    rows = np.flatnonzero(np.array(table.provenances) == "clinic")
    alone = figure_draws(table.take(rows), votes[:, rows], Rule(0.5, ("clinic",)))

    assert list(both) == list(WORDS)
    assert clinic["within_auroc"] == alone["auroc"] == alone["within_auroc"]
    assert clinic["within_auroc"] != both["within_auroc"]
    assert clinic["auroc"] == both["auroc"]
    assert np.isnan(none["within_auroc"][0])


def test_predictive_values_by_hand():
    """Of 1,000 people 100 have a fracture: 80 are called fractured and 5 not; of 900 others 45 and 720."""
    found = {
        "ruled_in": np.array([0.8]), "false_alarm": np.array([0.05]),
        "ruled_out": np.array([0.8]), "missed": np.array([0.05]),
        "recall": np.array([0.9]), "specificity": np.array([0.7]),
    }  # fmt: skip

    values = predictive_draws(found, [0.1])[0.1]

    assert values["ppv"][0] == pytest.approx(80 / 125)
    assert values["npv"][0] == pytest.approx(720 / 725)
    assert values["ppv_at_line"][0] == pytest.approx(90 / 360)
    assert values["npv_at_line"][0] == pytest.approx(630 / 640)


def test_where_nothing_is_called_so_there_is_no_predictive_value():
    nought = np.zeros(1)
    found = dict.fromkeys(("ruled_in", "false_alarm", "ruled_out", "missed", "recall", "specificity"), nought)

    assert np.isnan(predictive_draws(found, [0.1])[0.1]["ppv"][0])


def test_the_worst_of_several_views_alarms_more_often():
    found = any_view_draws(np.array([0.1, 0.0]), (1, 2, 4))

    assert found[1].tolist() == pytest.approx([0.1, 0.0])
    assert found[2].tolist() == pytest.approx([0.19, 0.0])
    assert found[4].tolist() == pytest.approx([1 - 0.9**4, 0.0])
