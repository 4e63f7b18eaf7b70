from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from model.lab.dataset.annotations import Annotations
from model.lab.dataset.examples import DatasetError, Example
from model.lab.dataset.folds import folds_by_unit


def example(number, patient, label=0, provenance="a"):
    return Example(Path(f"{number}.png"), f"{number:064x}", label, f"s{number}", f"p{patient}", provenance)


def many():
    examples = [example(n, n, int(n % 4 > 0), "web") for n in range(200)]
    return examples + [example(n, 900 + n // 3, n // 3 % 2, "clinic") for n in range(300, 420)]


def test_each_fold_has_its_share_of_each_provenance_and_label():
    examples = many()
    whole = Counter((e.provenance, e.label) for e in examples)

    folds = folds_by_unit(examples, 5)

    assert set(range(5)) == set(folds)
    for fold in range(5):
        found = Counter((e.provenance, e.label) for e, f in zip(examples, folds, strict=True) if f == fold)
        for cell, count in whole.items():
            assert abs(found[cell] - count / 5) <= 3, (fold, cell)


def test_a_patient_is_held_out_once():
    examples = many()
    fold_of = {}

    for one, fold in zip(examples, folds_by_unit(examples, 4, seed=2), strict=True):
        assert fold_of.setdefault(one.patient, fold) == fold


def test_copies_and_order_are_no_matter_and_the_seed_is():
    examples = many()
    copies = [replace(examples[7], sha256=f"{n:064x}") for n in range(5000, 5300)]

    folds = folds_by_unit(examples, 5)

    assert folds == folds_by_unit(examples[::-1], 5)[::-1]
    assert folds == folds_by_unit([*examples, *copies], 5)[: len(examples)]
    assert folds != folds_by_unit(examples, 5, seed=1)


@pytest.mark.parametrize(("folds", "words"), [(1, "no cross-validation"), (4, "too few patients")])
def test_what_cannot_be_folded_says_why(folds, words):
    with pytest.raises(DatasetError, match=words):
        folds_by_unit([example(n, n, n % 2) for n in range(6)], folds)


def test_a_block_is_held_out_once_and_each_batch_has_its_share():
    examples = [
        replace(
            example(n, n, int(n % 4 == 0)),
            block=f"b{n // 10}",
            annotations=Annotations(batch="mixed" if n < 200 else "repeats"),
        )
        for n in range(400)
    ]

    folds = folds_by_unit(examples, 5)

    for block in {one.block for one in examples}:
        assert len({fold for one, fold in zip(examples, folds, strict=True) if one.block == block}) == 1
    for fold in range(5):
        for batch in ("mixed", "repeats"):
            held = [one for one, f in zip(examples, folds, strict=True) if f == fold]
            assert 30 <= sum(one.annotations.batch == batch for one in held) <= 50
