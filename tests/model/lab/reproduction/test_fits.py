"""Which files are fitted on and which are measured, by a head that knows them; a real one: `test_recipe`."""

from pathlib import Path

import numpy as np
import pytest

from model.lab.dataset.examples import Example
from model.lab.reproduction.fits import Fits, as_published, evidence_of, with_patients_apart
from model.lab.reproduction.settings import PublishedSettings
from model.lab.reproduction.split import PublicSplit

EXAMPLES = [
    Example(Path(), f"{n:064x}", n % 2, f"s{n}", f"p{n}", "clinic" if n < 12 else "web") for n in range(24)
]
FOLDS = [n // 2 % 4 for n in range(24)]


class Knowing(Fits):
    """Gives the answers but for those of some rows; it notes what it was asked."""

    def __init__(self, out, wrong=()):
        settings = PublishedSettings(Path("data"), Path("base"), out)
        super().__init__(EXAMPLES, np.zeros((24, 1, 1, 1, 1), np.float16), "key", settings, lambda *_: None)
        self.asked, self.wrong = [], wrong

    def fit(self, name, train, val, test):
        self.asked.append((name, tuple(train), tuple(val), tuple(test)))
        sides = np.array([(1 if row not in self.wrong else -1) * (2 * self.labels[row] - 1) for row in test])
        return np.stack([-sides, sides], axis=1).astype(np.float64), len(self.asked)


def test_the_larger_sigmoid_decides():
    assert evidence_of(np.array([[1.0, 3.0], [2.0, -1.0]])).tolist() == [2.0, -3.0]


def test_the_public_split_is_measured_whole_and_without_what_leaks(tmp_path):
    """Row 7 stands in training too, and is the only one that the head gets wrong."""
    fits = Knowing(tmp_path, wrong={7})
    found = as_published(fits, PublicSplit(train=(0, 1, 7), val=(2, 3), test=(4, 5, 6, 7), missing=2))

    assert fits.asked == [("public", (0, 1, 7), (2, 3), (4, 5, 6, 7))]
    assert found.files == {"train": 3, "val": 2, "test": 4, "missing": 2}
    assert (found.test.counts.right, found.test.counts.total) == (3, 4)
    assert (found.no_same_bytes.counts.right, found.no_same_bytes.counts.total) == (3, 3)
    assert found.auroc_bare == pytest.approx(3 / 4)  # the wrong one ties with both that are sound
    assert found.contradictions == 0


def test_each_fold_is_held_out_once_and_the_next_one_stops(tmp_path):
    fits = Knowing(tmp_path)
    found = with_patients_apart(fits, FOLDS, None)

    assert [name for name, *_ in fits.asked] == ["fold-0", "fold-1", "fold-2", "fold-3"]
    for fold, (_, train, val, test) in enumerate(fits.asked):
        assert {FOLDS[row] for row in test} == {fold}
        assert {FOLDS[row] for row in val} == {(fold + 1) % 4}
        assert sorted([*train, *val, *test]) == list(range(24))
    assert (found.sources, found.patients, found.epochs) == (24, 24, (1, 2, 3, 4))
    assert (found.auroc.value, found.within.value) == (1.0, 1.0)
    assert [one.name for one in found.provenances] == ["clinic", "web"]


def test_a_file_counts_as_often_as_it_stands_in_the_public_set_and_a_source_once(tmp_path):
    split = PublicSplit(train=(1, 1, 1), val=(0,), test=(2,), missing=0)
    found = with_patients_apart(Knowing(tmp_path, wrong={1}), FOLDS, split)

    assert (found.by_file.counts.right, found.by_file.counts.total) == (2, 5)
    assert (found.by_source.counts.right, found.by_source.counts.total) == (23, 24)
