"""Batches for the gradient steps, drawn and varied while the last is used."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.lab.dataset.annotations import Box
from model.lab.dataset.examples import Example
from model.lab.dataset.squares import boxes_in_square
from model.lab.dataset.views import View, view_pictures
from model.lab.training.augment import vary
from model.lab.training.close_up import CloseUps
from model.lab.training.coverage import cover_cells
from model.lab.training.sampler import SourceSampler
from model.lab.training.schedule import Schedule, square_size
from model.network_shape import CELL
from model.regions import region_of

_UNKNOWN = -1


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What one step learns from; n pictures.

    Parameters
    ----------
    pictures : ndarray, shape (n, size, size), uint8
    labels : ndarray, shape (n,), float32
        1 is `fractured`; of a close-up, whether a fracture is seen in it.
    places : ndarray, shape (n, cells, cells), float32
        How much of each cell lies in a fracture.
    are_places_known : ndarray, shape (n,), float32
        1 where boxes were drawn, or nothing is fractured; else 0.
    regions : ndarray, shape (n,), int32
        Index into `model.regions.REGIONS`; -1 where it is not known.
    """

    pictures: NDArray[np.uint8]
    labels: NDArray[np.float32]
    places: NDArray[np.float32]
    are_places_known: NDArray[np.float32]
    regions: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Where batches come from.

    Parameters
    ----------
    examples : tuple of Example
        All, n.
    squares : dict of int to ndarray, shape (n, side, side), uint8
        See `model.lab.dataset.squares.square_pictures`.
    shapes : ndarray, shape (n, 2), int
        Rows and columns of the pictures before.
    view : {"whole", "reduced", "no-centre"}
    without : frozenset of str
        Steps of the variation that are left out.
    """

    examples: tuple[Example, ...]
    squares: dict[int, NDArray[np.uint8]]
    shapes: NDArray[np.int64]
    view: View
    without: frozenset[str]


class Batches:
    """Batches by the number of their step.

    Parameters
    ----------
    source : Source
    sampler : SourceSampler
    schedule : Schedule
    size : int
        Pictures a batch.
    seed : int
        Of the variations.
    """

    def __init__(
        self, source: Source, sampler: SourceSampler, schedule: Schedule, size: int, seed: int
    ) -> None:
        self.sampler = sampler
        self.schedule = schedule
        self._source = source
        self._size = size
        self._seed = seed
        boxes = [self._boxes(row) for row in range(len(source.examples))]
        self._close_ups = CloseUps(source.examples, boxes, sampler.rows, schedule.input_size)

    def at(self, step: int) -> Batch:
        """Return the batch of a step.

        Parameters
        ----------
        step : int
            From 0.

        Returns
        -------
        Batch
            The same for the same step, seed and data.
        """
        side = self.schedule.size_at(step)
        rows = self.sampler.draw(step, self._size)
        examples = [self._source.examples[row] for row in rows]
        labels = np.array([one.label for one in examples], np.float32)
        pictures = np.empty((self._size, side, side), np.uint8)
        places = np.zeros((self._size, side // CELL, side // CELL), np.float32)
        for place, row in enumerate(rows):
            rng = np.random.default_rng([self._seed, step, place])
            boxes = self._boxes(row)
            close = self._close_ups.draw(row, rng) if self.schedule.shows_close_ups(step) else None
            picture = self._picture(row, close.whole if close else side)
            varied = vary(picture, side, rng, boxes, self._source.without, close)
            if close:
                labels[place] = bool(varied.boxes)
            pictures[place] = varied.picture
            places[place] = cover_cells(varied.boxes, side // CELL)
        known = [not one.label or one.annotations.boxes is not None for one in examples]
        return Batch(
            pictures,
            labels,
            places,
            np.array(known, np.float32),
            np.array([region_of(one.annotations.region, _UNKNOWN) for one in examples], np.int32),
        )

    def _picture(self, row: int, side: int) -> NDArray[np.uint8]:
        square = self._source.squares[square_size(side)][row]
        seen = view_pictures(square[None], self._source.view)
        return np.asarray(seen[0], np.uint8)

    def _boxes(self, row: int) -> tuple[Box, ...]:
        rows, columns = self._source.shapes[row].tolist()
        return boxes_in_square(self._source.examples[row].annotations.boxes or (), rows, columns)

    def between(self, start: int, stop: int) -> Iterator[tuple[int, Batch]]:
        """Give the steps from `start` to before `stop`, with their batches; the next is made meanwhile.

        Parameters
        ----------
        start, stop : int

        Yields
        ------
        tuple of (int, Batch)
        """
        with ThreadPoolExecutor(max_workers=1) as pool:
            waiting = pool.submit(self.at, start)
            for step in range(start, stop):
                ready = waiting.result()
                if step + 1 < stop:
                    waiting = pool.submit(self.at, step + 1)
                yield step, ready
