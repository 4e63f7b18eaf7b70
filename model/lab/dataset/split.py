"""Patients and blocks apart: training, validation and test share none."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.lab.dataset.examples import Example

Cell = tuple[str, str, int]
"""Provenance, batch and label."""

_LARGE = 3
"""From so many sources on a unit is large."""


@dataclass(frozen=True, slots=True)
class Split:
    """Examples by what they may be used for.

    Parameters
    ----------
    train : tuple of Example
        For weights.
    val : tuple of Example
        For stopping, calibration and thresholds.
    test : tuple of Example
        For the figures in the card; for nothing else.
    """

    train: tuple[Example, ...]
    val: tuple[Example, ...]
    test: tuple[Example, ...]


def allot_units(
    examples: Sequence[Example], shares: Sequence[float], seed: int, home_of_large: int | None = None
) -> dict[str, int]:
    """Return each unit to one part, so that each part gets its share of each provenance, batch and label.

    A unit is a block, or a patient where there are no blocks. Units are placed where their kind is missed
    most, the largest first; chance orders those of one size.

    Parameters
    ----------
    examples : sequence of Example
        In any order; the result does not depend on it.
    shares : sequence of float
        Of each part in the sources; their sum is 1.
    seed : int
        Another seed gives another answer.
    home_of_large : int, optional
        Part that takes units with three sources or more while it misses any.

    Returns
    -------
    dict of str to int
        The part of each unit.
    """
    units: dict[str, set[tuple[str, Cell]]] = defaultdict(set)
    for example in examples:
        cell = (example.provenance, example.annotations.batch or "", example.label)
        units[example.unit].add((example.source, cell))
    cells = {name: Counter(cell for _, cell in sources) for name, sources in units.items()}
    whole: Counter[Cell] = sum(cells.values(), Counter())
    missed = [{cell: share * count for cell, count in whole.items()} for share in shares]

    names = sorted(units)
    drawn = np.random.default_rng(seed).permutation(len(names))
    order = sorted(drawn, key=lambda index: -sum(cells[names[index]].values()))
    part_of: dict[str, int] = {}
    for index in order:
        wanted = cells[names[index]]
        gain = [sum(count * left[cell] for cell, count in wanted.items()) for left in missed]
        large = sum(wanted.values()) >= _LARGE
        stays = home_of_large is not None and large and gain[home_of_large] > 0
        part = home_of_large if stays else max(range(len(shares)), key=gain.__getitem__)
        assert part is not None
        part_of[names[index]] = part
        for cell, count in wanted.items():
            missed[part][cell] -= count
    return part_of


def split_by_patient(
    examples: Sequence[Example], seed: int, shares: tuple[float, float, float] = (0.55, 0.20, 0.25)
) -> Split:
    """Split examples so that no patient and no block is in two parts.

    Each part gets its share as `allot_units` gives it. Units with many sources go to training while it misses
    any: intervals are over patients, so a test wants many small ones.

    Parameters
    ----------
    examples : sequence of Example
        In any order; the result does not depend on it.
    seed : int
        Another seed gives another split.
    shares : tuple of float
        Of training, validation and test; their sum is 1.

    Returns
    -------
    Split
        Each part in the order of sha256.
    """
    part_of = allot_units(examples, shares, seed, home_of_large=0)
    ordered = sorted(examples, key=lambda example: example.sha256)
    parts = [tuple(example for example in ordered if part_of[example.unit] == part) for part in range(3)]
    return Split(*parts)
