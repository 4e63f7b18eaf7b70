from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from model.lab.dataset.annotations import Annotations
from model.lab.dataset.examples import DatasetError, Example
from model.lab.dataset.folds import folds_by_unit
from tests.support.labelled import labelled
from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = USES_TENSORFLOW

EXAMPLES = [
    Example(Path(), f"{n:064x}", n // 2 % 2, f"s{n}", f"p{n // 2}", "clinic" if n < 60 else "web")
    for n in range(200)
]
FOLDS = folds_by_unit(EXAMPLES, 5)


@pytest.fixture(scope="module", autouse=True)
def late(tensorflow_on_all_cores):
    """Import what needs TensorFlow in the process of its tests, not wherever they are collected."""
    global inner_split, measured_rows
    from model.lab.training.cross_validate import inner_split, measured_rows


@pytest.mark.parametrize("fold", range(5))
def test_early_stopping_looks_at_patients_of_the_other_folds(fold):
    rows, val_rows = inner_split(EXAMPLES, FOLDS, fold, early=True)

    assert sorted([*rows, *val_rows]) == [row for row, held in enumerate(FOLDS) if held != fold]
    assert not {EXAMPLES[row].patient for row in rows} & {EXAMPLES[row].patient for row in val_rows}
    cells = Counter((EXAMPLES[row].provenance, EXAMPLES[row].label) for row in val_rows)
    assert len(cells) == 4
    assert len(val_rows) == pytest.approx(32, abs=6)


def test_without_early_stopping_all_are_learned_from():
    rows, val_rows = inner_split(EXAMPLES, FOLDS, 2, early=False)

    assert rows == [row for row, held in enumerate(FOLDS) if held != 2]
    assert val_rows == []


def test_a_batch_to_learn_from_only_is_not_measured_on():
    examples = [
        replace(one, annotations=Annotations(batch="fractures" if row in {1, 3} else "mixed"))
        for row, one in enumerate(labelled(8, 0)[0])
    ]

    assert measured_rows(examples, ()) == list(range(8))
    assert measured_rows(examples, ("fractures",)) == [0, 2, 4, 5, 6, 7]


@pytest.mark.parametrize(("names", "words"), [(("other",), "batch other"), (("mixed",), "not both classes")])
def test_what_leaves_nothing_to_measure_on_is_refused(names, words):
    examples = [
        replace(one, annotations=Annotations(batch="fractures" if row in {1, 3} else "mixed"))
        for row, one in enumerate(labelled(8, 0)[0])
    ]

    with pytest.raises(DatasetError, match=words):
        measured_rows(examples, names)
