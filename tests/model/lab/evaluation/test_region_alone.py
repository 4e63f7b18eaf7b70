"""The region of the body predicts by how often it is fractured in the folds that are not asked about.

Break it: count the votes of all folds: a region that one fold alone has would tell.
"""

from dataclasses import replace

import numpy as np
import pytest

from model.lab.dataset.annotations import Annotations
from model.lab.dataset.examples import DatasetError
from model.lab.evaluation.out_of_fold import OutOfFold
from model.lab.evaluation.region_alone import region_table
from tests.support.scored import example, scored


def pictures(*rows):
    """Give examples by name, label and region."""
    return [
        replace(example(name, label), annotations=Annotations(region=region)) for name, label, region in rows
    ]


def table_of(found, folds):
    bare = [replace(one, annotations=Annotations()) for one in found]
    return region_table(OutOfFold(0, folds, scored(bare, np.zeros(len(bare)))), found)


def test_a_region_counts_as_it_does_in_the_other_folds():
    found = pictures(("a", 1, "hand"), ("b", 1, "hand"), ("c", 0, "hip"), ("d", 1, "hip"), ("e", 0, "hip"))

    table = table_of(found, (0, 1, 1, 0, 1))

    np.testing.assert_allclose(table.logits, np.log([2 / 1, 2 / 1, 2 / 1, 1 / 3, 2 / 1]), atol=1e-12)
    assert table.decisions[0] == "fractured"
    assert table.decisions[3] == "not_fractured"


def test_a_region_that_no_other_fold_has_tells_nothing():
    table = table_of(pictures(("a", 1, "hand"), ("b", 0, "hip"), ("c", 0, None)), (0, 1, 2))

    assert table.logits.tolist() == [0.0, 0.0, 0.0]
    assert table.scores.tolist() == [0.5, 0.5, 0.5]


def test_copies_have_one_vote():
    found = pictures(("a", 1, "hand"), ("b", 0, "hand"), ("c", 0, "hand"), ("d", 1, "hand"))
    found[2] = replace(found[2], source=found[1].source)

    table = table_of(found, (0, 1, 1, 0))

    assert table.logits[0] == pytest.approx(np.log(1 / 2))


def test_without_any_region_it_says_what_is_missing():
    with pytest.raises(DatasetError, match="whose manifest has the column region"):
        table_of(pictures(("a", 1, None), ("b", 0, None)), (0, 1))
