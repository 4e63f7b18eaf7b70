"""The rows of the parts of a split; the whole way to a release: `test_train`."""

import pytest

from model.lab.dataset.examples import DatasetError
from model.lab.dataset.split import Split
from tests.support.scored import example
from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = USES_TENSORFLOW

EXAMPLES = [example(f"{n}", n % 2) for n in range(8)]


@pytest.fixture(scope="module", autouse=True)
def late(tensorflow_on_all_cores):
    """Import what needs TensorFlow in the process of its tests, not wherever they are collected."""
    global rows_of
    from model.lab.training.by_split import rows_of


def split(train, val, test):
    return Split(*(tuple(EXAMPLES[row] for row in rows) for rows in (train, val, test)))


def test_rows_are_places_among_all_examples_ascending():
    assert rows_of(split((5, 0, 2), (4, 1), (7, 6)), EXAMPLES) == {
        "train": [0, 2, 5],
        "val": [1, 4],
        "test": [6, 7],
    }


@pytest.mark.parametrize(
    ("parts", "name"),
    [(((0, 2), (1, 4), (6, 7)), "train"), (((0, 1), (), (6, 7)), "val"), (((0, 1), (2, 3), (5, 7)), "test")],
)
def test_a_part_without_both_classes_is_refused_by_its_name(parts, name):
    with pytest.raises(DatasetError, match=f"part {name} of the split"):
        rows_of(split(*parts), EXAMPLES)
