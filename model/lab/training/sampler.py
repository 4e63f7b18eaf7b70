"""What a training draws: which sources how often, and which of their variations.

Style and label are tangled in collections from the web. So that style predicts the label badly, each
provenance is drawn as often with either label, and the provenances alike.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from model.decisions.decision import CLASSES
from model.lab.dataset.examples import Example
from model.lab.training.variations import Variation

Cell = tuple[str, int]
_K = TypeVar("_K")

_MOST_TIMES = 4.0
"""A source is drawn at most so many times its share: a dozen pictures are not to be learnt by heart."""

_MOST_OF_A_BATCH = 1.0 / 3.0
"""No cell has more of a batch, where there are several provenances."""


def source_shares(examples: Sequence[Example], cells: Mapping[str, float] | None = None) -> dict[str, float]:
    """Return which share of the draws each source gets.

    Parameters
    ----------
    examples : sequence of Example
    cells : mapping of str to float, optional
        Pictures of a batch by cell, as `{"fracatlas/fractured": 6, ...}`; see `cell_shares` without.

    Returns
    -------
    dict of str to float
        Their sum is 1; sources of one provenance and label have the same.
    """
    cell_of = {example.source: (example.provenance, example.label) for example in examples}
    counts = Counter(cell_of.values())
    shares = cell_shares(counts)
    if cells:
        named = {cell: cells.get(cell_name(cell), 0.0) for cell in counts}
        total = sum(named.values())
        shares = {cell: value / total for cell, value in named.items()}
    return {source: shares[cell] / counts[cell] for source, cell in sorted(cell_of.items())}


def cell_name(cell: Cell) -> str:
    """Name a cell as settings do: `fracatlas/fractured`."""
    return f"{cell[0]}/{CLASSES[cell[1]]}"


def cell_shares(counts: Mapping[Cell, int]) -> dict[Cell, float]:
    """Share the draws among cells: provenances alike, and within each both labels.

    A cell with few sources gets less, and its provenance's other label with it; what is left over goes to
    the others, and to cells beyond what their twin allows only when all others are full.

    Parameters
    ----------
    counts : mapping of (str, int) to int
        Number of sources by provenance and label.

    Returns
    -------
    dict of (str, int) to float
        Their sum is 1.
    """
    sources = sum(counts.values())
    provenances = sorted({name for name, _ in counts})
    most_of_cell = {
        cell: min(_MOST_TIMES * count / sources, _MOST_OF_A_BATCH if len(provenances) > 1 else 1.0)
        for cell, count in counts.items()
    }
    labels = {name: [label for label in (0, 1) if (name, label) in counts] for name in provenances}
    most = {
        name: len(found) * min(most_of_cell[name, label] for label in found) for name, found in labels.items()
    }
    share = _filled({name: float(len(labels[name])) for name in provenances}, most, 1.0)
    given = {(name, label): share[name] / len(labels[name]) for name, label in counts}
    left = 1.0 - sum(given.values())
    if left > 1e-12:
        room = {cell: most_of_cell[cell] - value for cell, value in given.items()}
        more = _filled({cell: float(count) for cell, count in counts.items()}, room, left)
        given = {cell: value + more[cell] for cell, value in given.items()}
    total = sum(given.values())
    return {cell: given[cell] / total for cell in sorted(given)}


def _filled(units: Mapping[_K, float], most: Mapping[_K, float], total: float) -> dict[_K, float]:
    """Share a total in proportion to units, none beyond its most; less than the total if all are full."""
    given = dict.fromkeys(units, 0.0)
    open_ones = {name for name in units if most[name] > 0.0}
    while open_ones and total - sum(given.values()) > 1e-12:
        rest = total - sum(given[name] for name in given if name not in open_ones)
        whole = sum(units[name] for name in open_ones)
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


class VariationSampler:
    """Draws variations for the steps of a training; what a step gets depends on nothing but seed and step.

    Parameters
    ----------
    examples : sequence of Example
        All.
    planned : sequence of Variation
        Of all examples; those of other rows than `rows` are never drawn.
    rows : sequence of int
        The examples to learn from.
    shares : mapping of str to float
        How often each source of these is drawn; see `source_shares`.
    seed : int
    """

    def __init__(
        self,
        examples: Sequence[Example],
        planned: Sequence[Variation],
        rows: Sequence[int],
        shares: Mapping[str, float],
        seed: int,
    ) -> None:
        allowed = set(rows)
        self._variations: dict[str, list[int]] = defaultdict(list)
        cells: dict[Cell, list[str]] = defaultdict(list)
        for number, variation in enumerate(planned):
            example = examples[variation.row]
            if variation.row in allowed:
                if example.source not in self._variations:
                    cells[example.provenance, example.label].append(example.source)
                self._variations[example.source].append(number)
        self._cells = [sorted(cells[cell]) for cell in sorted(cells)]
        self._shares = shares
        self._seed = seed

    def draw(self, step: int, size: int) -> NDArray[np.intp]:
        """Draw the variations of a step, by their numbers in the plan: shape (size,).

        The draw is systematic: a cell's part of each batch is its share, rounded up or down, and a source
        comes twice only if its share asks for it.
        """
        rng = np.random.default_rng([self._seed, step])
        ordered = [source for cell in self._cells for source in rng.permutation(cell)]
        reached = np.cumsum([self._shares[source] for source in ordered])
        points = (rng.random() + np.arange(size)) / size * reached[-1]
        chosen = np.minimum(np.searchsorted(reached, points, side="right"), len(ordered) - 1)
        numbers = [self._variations[ordered[index]] for index in chosen]
        return np.array([own[rng.integers(len(own))] for own in numbers], dtype=np.intp)

    def digest(self) -> str:
        """Return the sha256 over what can be drawn, and how often.

        Returns
        -------
        str
            Hexadecimal.
        """
        lines = [
            f"{source} {self._shares[source]!r} {self._variations[source]}\n"
            for source in sorted(self._variations)
        ]
        return hashlib.sha256("".join(lines).encode()).hexdigest()
