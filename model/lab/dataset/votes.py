"""What labelled pictures weigh.

A copy is not a second opinion: pictures are counted by source, one vote each, however many copies there are.
Style and label are tangled in collections from the web, so weights can be asked for that balance the labels
within each provenance.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.lab.dataset.examples import Example

SOURCES_OF_A_PROVENANCE = 40.0
"""From so many on it weighs as any other: one source of it is no more than the share that may be strange."""

_MAX_CELL_WEIGHT = 4.0


def source_votes(examples: Sequence[Example]) -> NDArray[np.float64]:
    """Return weights by which each source has one vote, shared among its files.

    Parameters
    ----------
    examples : sequence of Example

    Returns
    -------
    ndarray, shape (n,), float64
    """
    files = Counter(example.source for example in examples)
    return np.array([1.0 / files[example.source] for example in examples])


def provenance_votes(
    examples: Sequence[Example], whole_from: float = SOURCES_OF_A_PROVENANCE
) -> NDArray[np.float64]:
    """Return votes of sources, reweighted so that each provenance weighs the same, unless it is very small.

    A collection of thousands would else say alone what is usual; and one of a handful, if it weighed as much,
    would let a single picture say it.

    Parameters
    ----------
    examples : sequence of Example
    whole_from : float
        Sources from which on a provenance weighs as the others; one of fewer weighs by their number.

    Returns
    -------
    ndarray, shape (n,), float64
        Their sum is the number of sources.
    """
    votes = source_votes(examples)
    names = np.array([example.provenance for example in examples])
    weights = votes.copy()
    for name in set(names.tolist()):
        weights[names == name] /= max(votes[names == name].sum(), whole_from)
    return np.asarray(weights * votes.sum() / weights.sum(), dtype=np.float64)


def balanced_votes(examples: Sequence[Example]) -> NDArray[np.float64]:
    """Return votes of sources, reweighted so that provenance says little about the label.

    Within a provenance both labels weigh the same, and a provenance weighs as the root of its number of
    sources; no weight grows beyond a few votes, so that a dozen pictures are not learnt by heart.

    Parameters
    ----------
    examples : sequence of Example

    Returns
    -------
    ndarray, shape (n,), float64
        Their sum is the number of sources.
    """
    votes = source_votes(examples)
    cells: Counter[tuple[str, int]] = Counter()
    for example, vote in zip(examples, votes, strict=True):
        cells[example.provenance, example.label] += float(vote)  # type: ignore[assignment]
    mass = {name: sum(cells[name, label] for label in (0, 1)) ** 0.5 for name, _ in cells}
    factors = {cell: mass[cell[0]] / (2.0 * count) for cell, count in cells.items()}
    usual = sum(factors[cell] * count for cell, count in cells.items()) / sum(cells.values())
    factors = {cell: min(factor / usual, _MAX_CELL_WEIGHT) for cell, factor in factors.items()}
    weights = votes * [factors[example.provenance, example.label] for example in examples]
    return np.asarray(weights * votes.sum() / weights.sum(), dtype=np.float64)
