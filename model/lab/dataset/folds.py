"""Folds for a cross-validation: each picture is held out once, and its patient and block with it."""

from collections.abc import Sequence

from model.lab.dataset.examples import DatasetError, Example
from model.lab.dataset.split import allot_units


def folds_by_unit(examples: Sequence[Example], folds: int, seed: int = 0) -> tuple[int, ...]:
    """Return each example the fold in which it is held out.

    Each fold has its share of the sources of each provenance, batch and label, as far as blocks and patients
    allow.

    Parameters
    ----------
    examples : sequence of Example
        In any order; an example's fold does not depend on it.
    folds : int
        At least 2.
    seed : int
        Another seed gives other folds.

    Returns
    -------
    tuple of int
        From 0 to `folds` - 1, in the order of the examples; those of one patient or block are equal.

    Raises
    ------
    DatasetError
        There are so few patients or blocks that a fold has not both classes.
    """
    if folds < 2:
        raise DatasetError(f"{folds} folds are no cross-validation: at least 2 are needed")
    fold_of = allot_units(examples, [1.0 / folds] * folds, seed)
    given = tuple(fold_of[example.unit] for example in examples)
    for fold in range(folds):
        labels = {example.label for example, held in zip(examples, given, strict=True) if held == fold}
        if labels != {0, 1}:
            raise DatasetError(
                f"the data have too few patients, or blocks of them, for {folds} folds: one has not both "
                "classes; take fewer folds, or add patients"
            )
    return given
