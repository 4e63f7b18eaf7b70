"""Batches for the gradient steps, read from the cache of features while the last is used."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.lab.dataset.examples import Example
from model.lab.training.sampler import VariationSampler
from model.lab.training.variations import Variation

_WARM_UP = 10**9
"""Draws for the warm-up count from here: they are not those of the steps."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What one step learns from.

    Parameters
    ----------
    features : ndarray, shape (n, rows, columns, channels), float32
        Of the stem.
    labels : ndarray, shape (n,), float32
        1 is `fractured`.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.float32]


class Batches:
    """Batches by the number of their step.

    Parameters
    ----------
    sampler : VariationSampler
    features : ndarray, shape (variations, rows, columns, channels)
        Of all planned variations.
    examples : sequence of Example
    planned : sequence of Variation
    size : int
        Pictures a batch.
    """

    def __init__(
        self,
        sampler: VariationSampler,
        features: NDArray[np.floating],
        examples: Sequence[Example],
        planned: Sequence[Variation],
        size: int,
    ) -> None:
        self.sampler = sampler
        self._features = features
        self._labels = np.array([examples[one.row].label for one in planned], dtype=np.float32)
        self._size = size

    def at(self, step: int) -> Batch:
        """Return the batch of a step."""
        numbers = self.sampler.draw(step, self._size)
        return Batch(np.asarray(self._features[numbers], dtype=np.float32), self._labels[numbers])

    def between(self, start: int, stop: int) -> Iterator[tuple[int, Batch]]:
        """Return the steps from `start` to before `stop`, with their batches."""
        with ThreadPoolExecutor(max_workers=1) as pool:
            waiting = pool.submit(self.at, start)
            for step in range(start, stop):
                ready = waiting.result()
                if step + 1 < stop:
                    waiting = pool.submit(self.at, step + 1)
                yield step, ready

    def for_warm_up(self, pictures: int) -> list[Batch]:
        """Return batches for the head, of about so many pictures."""
        return [self.at(_WARM_UP + number) for number in range(max(1, pictures // self._size))]
