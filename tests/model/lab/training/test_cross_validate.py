from collections import Counter
from pathlib import Path

import pytest

from model.lab.dataset.examples import Example
from model.lab.dataset.folds import folds_by_unit
from tests.support.tensorflow import USES_TENSORFLOW, import_tensorflow

pytestmark = USES_TENSORFLOW
import_tensorflow()

from model.lab.training.cross_validate import inner_split  # noqa: E402 # needs TensorFlow

EXAMPLES = [
    Example(Path(), f"{n:064x}", n // 2 % 2, f"s{n}", f"p{n // 2}", "clinic" if n < 60 else "web")
    for n in range(200)
]
FOLDS = folds_by_unit(EXAMPLES, 5)


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
