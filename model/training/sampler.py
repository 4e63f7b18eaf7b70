"""Pictures for training: each source equally likely, each draw a new variation."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.dataset.examples import Example
from model.dataset.votes import balanced_votes, source_votes
from model.training.augment import augment

Float = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """Labelled pictures, prepared.

    Parameters
    ----------
    examples : tuple of Example
    inputs : ndarray, shape (n, 224, 224), uint16
    """

    examples: tuple[Example, ...]
    inputs: NDArray[np.uint16]

    @property
    def labels(self) -> Float:
        """Labels, shape (n,), float32: 1 is `fractured`."""
        return np.array([example.label for example in self.examples], dtype=np.float32)


def few_per_source(pictures: Pictures, most: int) -> Pictures:
    """Keep at most so many files of each source, the first by sha256: enough to look at, and quick."""
    seen: dict[str, int] = {}
    kept = []
    for index, example in enumerate(pictures.examples):
        seen[example.source] = seen.get(example.source, 0) + 1
        if seen[example.source] <= most:
            kept.append(index)
    return Pictures(tuple(pictures.examples[index] for index in kept), pictures.inputs[kept])


class SourceSampler:
    """Draws pictures for training: each source equally likely, then any of its files.

    Parameters
    ----------
    pictures : Pictures
    seed : int
    """

    def __init__(self, pictures: Pictures, seed: int) -> None:
        self._pictures = pictures
        self._rng = np.random.default_rng(seed)
        files: dict[str, list[int]] = {}
        for index, example in enumerate(pictures.examples):
            files.setdefault(example.source, []).append(index)
        self._files = [files[source] for source in sorted(files)]
        self._labels = pictures.labels
        self._weights = balanced_votes(pictures.examples) / source_votes(pictures.examples)

    def draw(self, count: int) -> tuple[Float, Float, Float]:
        """Draw and vary pictures: inputs (count, 224, 224, 1), labels (count,), weights (count,)."""
        chosen = []
        for source in self._rng.integers(len(self._files), size=count):
            files = self._files[source]
            chosen.append(files[self._rng.integers(len(files))])
        varied = np.stack([augment(self._pictures.inputs[index], self._rng) for index in chosen])
        return varied[..., None], self._labels[chosen], self._weights[chosen].astype(np.float32)

    def batches(self, count: int, batch_size: int) -> Iterator[tuple[Float, Float, Float]]:
        """Draw so many batches, the next while the last is used; one thread draws: chance is repeatable."""
        with ThreadPoolExecutor(max_workers=1) as pool:
            waiting = pool.submit(self.draw, batch_size)
            for _ in range(count):
                ready = waiting.result()
                waiting = pool.submit(self.draw, batch_size)
                yield ready
