from dataclasses import replace

import pytest

from model.lab.evaluation.assess import assess
from model.lab.evaluation.assessment_tables import (
    SHOWN,
    calibration_words,
    decisions_table,
    figures_table,
    groups_table,
    mistakes_table,
    predictive_table,
    shown_figures,
    views_table,
)
from model.lab.evaluation.figures import WORDS
from tests.support.scored import drawn


@pytest.fixture(scope="module")
def found():
    return assess({0: drawn(40, provenances=("clinic", "web"))}, draws=20).as_plain()


def cells(table):
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]


def test_figures_of_scores_are_shown_only_where_they_rank_otherwise(found):
    assert shown_figures(found) == list(SHOWN)
    other = assess({0: drawn(40, provenances=("clinic", "web"))}, draws=20).as_plain()
    other["groups"][0]["figures"]["auroc_of_scores"]["value"] = 0.1
    names = shown_figures(other)

    assert names.index("auroc_of_scores") + 1 == names.index("auprc")
    assert "within_auroc_of_scores" not in names


def test_each_figure_has_a_line_with_both_votes_and_the_spread_of_several_seeds(found):
    head, _, *rows = cells(figures_table(found))
    assert [row[0] for row in rows] == [WORDS[name] for name in SHOWN]
    assert {len(row) for row in [head, *rows]} == {3}
    seeds = {seed: replace(drawn(40, seed), examples=drawn(40).examples) for seed in (0, 1)}
    several = cells(figures_table(assess(seeds, draws=20).as_plain()))
    assert several[0][-1] == "spread over 2 seeds"


def test_each_group_has_a_line_with_its_counts(found):
    _, _, *rows = cells(groups_table(found))

    assert [row[0] for row in rows] == ["all", "provenance: clinic", "provenance: web"]
    assert rows[0][1:4] == ["40", "20 / 20", "40"]


def test_the_other_tables_have_the_rows_of_what_was_found(found):
    assert [row[0] for row in cells(decisions_table(found))[2:]] == list(found["decisions"])
    assert len(cells(predictive_table(found))) == 2 + len(found["predictive"])
    assert len(cells(views_table(found))) == 2 + len(found["views"])


def test_a_mistake_is_named_by_the_first_digits_of_its_hash():
    mistake = {
        "sha256": "0123456789abcdef" * 4, "label": "fractured", "score": 0.25, "decision": "not_fractured",
        "provenance": "web", "region": "wrist",
    }  # fmt: skip

    assert cells(mistakes_table([mistake]))[2] == [
        "0123456789ab", "fractured", "0.250", "not_fractured", "web", "wrist",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("error", "limit", "words"),
    [
        (0.1, 0.1, "is not above the 95th"),
        (0.11, 0.1, "is **above** the 95th"),
        (None, 0.1, "cannot be judged"),
    ],
)
def test_the_calibration_error_is_compared_with_chance(error, limit, words):
    assessment = {
        "groups": [{"figures": {"ece": {"value": error}}}],
        "perfect_ece": {"p95": limit, "median": 0.05},
        "prevalence": 0.5,
    }

    assert words in calibration_words(assessment)
