"""Which variations of which pictures a training may draw: planned once, shared by all folds and seeds.

A variation is its picture and the number of an epoch; with the seed of the augmentation these are the only
source of its chance, so that it can be drawn anywhere, in any order, and kept.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.lab.dataset.examples import Example
from model.lab.training.augment import vary

_MOST_PER_SOURCE = 200
"""More variations of one picture teach little."""


@dataclass(frozen=True, slots=True)
class Variation:
    """A variation of an example.

    Parameters
    ----------
    row : int
        Which of the examples.
    epoch : int
        Which of its variations, from 0.
    """

    row: int
    epoch: int


def plan_variations(
    examples: Sequence[Example], shares: Mapping[str, float], count: int
) -> tuple[Variation, ...]:
    """Plan how many variations each source gets, and of which of its files.

    Parameters
    ----------
    examples : sequence of Example
        In the order of sha256.
    shares : mapping of str to float
        How much of the training each source is drawn for; see `model.lab.training.sampler.source_shares`.
    count : int
        About how many variations there shall be; small data have fewer.

    Returns
    -------
    tuple of Variation
        A source has at least one; its files take turns.
    """
    rows: dict[str, list[int]] = defaultdict(list)
    for row, example in enumerate(examples):
        rows[example.source].append(row)
    whole = sum(shares[source] for source in rows)
    planned = []
    for source, files in sorted(rows.items()):
        wanted = max(1, min(_MOST_PER_SOURCE, round(count * shares[source] / whole)))
        planned += [Variation(files[turn % len(files)], turn // len(files)) for turn in range(wanted)]
    return tuple(planned)


def draw_variation(
    picture: NDArray[np.uint16], sha256: str, epoch: int, seed: int, without: Collection[str] = frozenset()
) -> NDArray[np.float32]:
    """Draw the variation of a prepared picture that its seed, epoch and hash name.

    Parameters
    ----------
    picture : ndarray, shape (224, 224), uint16
    sha256 : str
        Of the picture's file.
    epoch, seed : int
    without : collection of str
        See `model.lab.training.augment.vary`.

    Returns
    -------
    ndarray, shape (224, 224), float32
        In [0, 1].
    """
    return vary(picture, np.random.default_rng([seed, epoch, int(sha256, 16)]), without)


def plan_digest(examples: Sequence[Example], planned: Sequence[Variation]) -> str:
    """Return the sha256 over the plan: which variations of which files, in which order."""
    lines = (f"{examples[variation.row].sha256} {variation.epoch}\n" for variation in planned)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
