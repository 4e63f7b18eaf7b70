"""What a training draws: which sources how often.

Style and label are tangled in collections from the web. So that style says little about the label, half of
what is drawn is fractured, and each provenance is drawn alike often with either label.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from model.lab.dataset.examples import Example

Cell = tuple[str, int]
_K = TypeVar("_K")

_MOST_TIMES = 16.0
"""A source is drawn at most so many times as often as the mean one of its label."""

_OF_HARDWARE = 1.0 / 3.0
"""Pictures with nails or plates are drawn less often: hardware is a sign of treatment, not of a fracture."""


def source_shares(examples: Sequence[Example]) -> dict[str, float]:
    """Share the draws among sources.

    Parameters
    ----------
    examples : sequence of Example

    Returns
    -------
    dict of str to float
        Their sum is 1; sources of one provenance and label have the same, but for those with hardware.
    """
    cell_of: dict[str, Cell] = {}
    weights: dict[str, float] = {}
    for example in examples:
        cell_of.setdefault(example.source, (example.provenance, example.label))
        weight = _OF_HARDWARE if example.annotations.hardware else 1.0
        weights[example.source] = min(weight, weights.get(example.source, 1.0))
    shares = cell_shares(Counter(cell_of.values()))
    whole: Counter[Cell] = Counter()
    for source, cell in cell_of.items():
        whole[cell] += weights[source]  # type: ignore[assignment] # sums of shares
    return {source: shares[cell] * weights[source] / whole[cell] for source, cell in sorted(cell_of.items())}


def cell_shares(counts: Mapping[Cell, int]) -> dict[Cell, float]:
    """Share the draws among cells: labels alike, and within each the provenances in one proportion.

    A provenance weighs as the root of the geometric mean of its two numbers of sources, so that one with a
    dozen negatives and hundreds of positives counts for the pairs that it has. A cell with few sources
    gets less, see `_MOST_TIMES`; what is left over goes to the others of its label.

    Parameters
    ----------
    counts : mapping of (str, int) to int
        Number of sources by provenance and label.

    Returns
    -------
    dict of (str, int) to float
        Their sum is 1.
    """
    labels = sorted({label for _, label in counts})
    given: dict[Cell, float] = {}
    for label in labels:
        own = {name: count for (name, one), count in counts.items() if one == label}
        weights = {
            name: ((counts.get((name, 0), 0) + 1) * (counts.get((name, 1), 0) + 1)) ** 0.25 for name in own
        }
        total = 1.0 / len(labels)
        most = {name: _MOST_TIMES * count / sum(own.values()) * total for name, count in own.items()}
        for name, share in _filled(weights, most, total).items():
            given[name, label] = share
    return dict(sorted(given.items()))


def _filled(units: Mapping[_K, float], most: Mapping[_K, float], total: float) -> dict[_K, float]:
    """Share a total in proportion to units, none beyond its most; less than the total if all are full."""
    given = dict.fromkeys(units, 0.0)
    open_ones = {name for name in units if most[name] > 0.0}
    while open_ones and total - sum(given.values()) > 1e-12:
        # in the order of the units: the order of a set, and so a last digit, differs from process to process
        rest = total - sum(given[name] for name in units if name not in open_ones)
        whole = sum(units[name] for name in units if name in open_ones)
        full = {name for name in open_ones if rest * units[name] / whole >= most[name]}
        for name in open_ones:
            given[name] = min(rest * units[name] / whole, most[name])
        if not full:
            break
        open_ones -= full
    return given


def few_per_source(examples: Sequence[Example], most: int) -> list[int]:
    """Return the rows of at most so many files of each source: enough to judge by, and quick.

    Parameters
    ----------
    examples : sequence of Example
    most : int
        Files of a source.

    Returns
    -------
    list of int
        Ascending.
    """
    seen: Counter[str] = Counter()
    kept = []
    for row, example in enumerate(examples):
        seen[example.source] += 1
        if seen[example.source] <= most:
            kept.append(row)
    return kept


class SourceSampler:
    """Draws pictures for the steps of a training; what a step gets depends on nothing but seed and step.

    Parameters
    ----------
    examples : sequence of Example
        All.
    rows : sequence of int
        The examples to learn from.
    seed : int
    """

    def __init__(self, examples: Sequence[Example], rows: Sequence[int], seed: int) -> None:
        self._files: dict[str, list[int]] = defaultdict(list)
        cells: dict[Cell, list[str]] = defaultdict(list)
        for row in sorted(rows):
            example = examples[row]
            if example.source not in self._files:
                cells[example.provenance, example.label].append(example.source)
            self._files[example.source].append(row)
        self._cells = [sorted(cells[cell]) for cell in sorted(cells)]
        self._shares = source_shares([examples[row] for row in sorted(rows)])
        self._seed = seed

    def draw(self, step: int, size: int) -> NDArray[np.intp]:
        """Draw the pictures of a step.

        The draw is systematic: a cell's part of each batch is its share, rounded up or down, and a source
        comes twice only if its share asks for it. Each of its files is as likely.

        Parameters
        ----------
        step : int
        size : int
            How many.

        Returns
        -------
        ndarray, shape (size,), int
            Rows of the examples.
        """
        rng = np.random.default_rng([self._seed, step])
        ordered = [source for cell in self._cells for source in rng.permutation(cell)]
        reached = np.cumsum([self._shares[source] for source in ordered])
        points = (rng.random() + np.arange(size)) / size * reached[-1]
        chosen = np.minimum(np.searchsorted(reached, points, side="right"), len(ordered) - 1)
        files = [self._files[ordered[index]] for index in chosen]
        return np.array([own[rng.integers(len(own))] for own in files], dtype=np.intp)

    @property
    def rows(self) -> tuple[int, ...]:
        """The examples that are drawn from, ascending."""
        return tuple(sorted(row for own in self._files.values() for row in own))

    def digest(self) -> str:
        """Return the sha256 over what can be drawn, and how often.

        Returns
        -------
        str
            Hexadecimal.
        """
        lines = [
            f"{source} {self._shares[source]!r} {self._files[source]}\n" for source in sorted(self._files)
        ]
        return hashlib.sha256("".join(lines).encode()).hexdigest()
