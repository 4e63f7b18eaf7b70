from dataclasses import replace

import numpy as np
import pytest

from model.lab.dataset.examples import DatasetError
from model.lab.evaluation.sources import DECISIONS, mean_votes, most_common, one_file_votes
from tests.support.scored import example, scored


@pytest.fixture
def table():
    """One source of three files, and one of a single file."""
    examples = [
        example("d", 0, provenance="web"),
        *(example(name, 1, source="copied", patient="p") for name in "abc"),
    ]
    return scored(examples, [-1.0, 3.0, 0.0, -1.5], distances=[9.0, 1.0, 1.0, 1.0])


def test_the_files_of_a_source_share_one_vote(table):
    found = mean_votes(table)

    assert found.names == ("copied", "source-d")
    np.testing.assert_allclose([0.5, -1.0], found.logits)
    np.testing.assert_allclose(1 / (1 + np.exp([-0.5, 1.0])), found.scores)
    np.testing.assert_array_equal([1.0, 0.0], found.labels)
    assert (found.patients, found.provenances) == (("p", "source-d"), ("clinic", "web"))


def test_decisions_are_shares_of_files(table):
    found = mean_votes(table)

    by_name = [dict(zip(map(str, DECISIONS), row, strict=True)) for row in found.shares]
    assert by_name[0] == pytest.approx(
        {"fractured": 1 / 3, "uncertain": 1 / 3, "abstained": 0, "not_fractured": 1 / 3}
    )
    assert by_name[1] == {"fractured": 0, "uncertain": 0, "abstained": 1, "not_fractured": 0}


def test_one_file_votes_for_its_source(table):
    chosen = {seed: one_file_votes(table, seed) for seed in range(30)}

    assert {round(float(found.logits[0]), 6) for found in chosen.values()} == {3.0, 0.0, -1.5}
    assert all(found.logits[1] == -1.0 for found in chosen.values())
    np.testing.assert_array_equal(chosen[3].logits, one_file_votes(table, 3).logits)


def test_which_file_votes_does_not_depend_on_the_order_of_the_table(table):
    turned = table.take([3, 2, 1, 0])

    np.testing.assert_array_equal(one_file_votes(table, 5).logits, one_file_votes(turned, 5).logits)


def test_scores_of_folds_with_other_calibrations_meet_in_their_logits(table):
    certain = replace(table, scores=np.array([0.5, 1.0, 0.0, 0.5]))  # 0 and 1 have no logit of their own

    found = mean_votes(certain)

    assert found.scores[0] == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([example("a", 0, "s", "p"), example("b", 1, "s", "p")], "both labels"),
        ([example("a", 1, "s", "p"), example("b", 1, "s", "q")], "two patients"),
    ],
)
def test_a_source_that_cannot_be_counted_is_refused(members, message):
    with pytest.raises(DatasetError, match=message):
        mean_votes(scored(members, [0.0, 0.0]))


def test_most_files_speak_for_a_source():
    assert most_common(["small", "large", "large"]) == "large"
    assert most_common(["small", "large"]) == "large"
