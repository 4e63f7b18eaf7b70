"""Close-ups: a quarter of a film at the scale of the whole, with a fracture or without.

What a fracture looks like is learned from few pixels of a film; a step on close-ups takes a quarter of the
time. A film with a fracture gives close-ups of either label, so that style does not separate them.

References
----------
Shen et al. 2019, doi:10.1038/s41598-019-48995-4: patches first, then whole films.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.lab.dataset.annotations import Box
from model.lab.dataset.examples import Example
from model.lab.training.move import (
    SEEN,
    TRIES,
    Moved,
    Picture,
    content_box,
    draw_linear,
    move_box,
    warp,
)

_WHOLE = 0.25
"""So often a film is shown whole all the same."""
_AT_A_FRACTURE = 0.75
"""So often the close-up of a film with a fracture shows one."""
_WHERE_OTHERS_BREAK = 0.7
"""So often a close-up without a fracture is of a place where other films have one."""
_OFF_CENTRE = 0.35
_UNSEEN = 0.05


@dataclass(frozen=True, slots=True)
class Close:
    """How a close-up is taken.

    Parameters
    ----------
    whole : int
        Rows and columns that the whole film would have at its scale.
    places : tuple of (float, float)
        Centres (x, y) of the fractures of other films, in shares of the square.
    """

    whole: int
    places: tuple[tuple[float, float], ...]


class CloseUps:
    """Which pictures are shown as close-ups, and where.

    Parameters
    ----------
    examples : sequence of Example
        All.
    boxes : sequence of tuple of Box
        Around the fractures of each, in shares of its square.
    rows : sequence of int
        The examples to learn from; nothing is taken from others.
    whole : int
        Rows and columns that a whole film has at the scale of the close-ups.
    """

    def __init__(
        self, examples: Sequence[Example], boxes: Sequence[tuple[Box, ...]], rows: Sequence[int], whole: int
    ) -> None:
        places: dict[str | None, list[tuple[float, float]]] = defaultdict(list)
        for row in rows:
            region = examples[row].annotations.region
            places[region] += [(one.left + one.width / 2, one.top + one.height / 2) for one in boxes[row]]
        self._ways = {region: Close(whole, tuple(found)) for region, found in places.items()}
        self._examples = examples

    def draw(self, row: int, rng: np.random.Generator) -> Close | None:
        """Return how the close-up of a picture is taken.

        Parameters
        ----------
        row : int
            One of those to learn from.
        rng : numpy.random.Generator

        Returns
        -------
        Close or None
            None shows the whole picture: at times, and where no one drew where its fractures lie.
        """
        annotations = self._examples[row].annotations
        if annotations.boxes is None or (self._examples[row].label and not annotations.boxes):
            return None
        return None if rng.random() < _WHOLE else self._ways[annotations.region]


def close_up(
    picture: Picture, size: int, rng: np.random.Generator, boxes: Sequence[Box], how: Close
) -> Moved:
    """Draw a close-up.

    Parameters
    ----------
    picture : ndarray, shape (side, side), uint8
    size : int
        Rows and columns of the close-up.
    rng : numpy.random.Generator
    boxes : sequence of Box
        Around the fractures, in shares of the square.
    how : Close

    Returns
    -------
    Moved
        Its boxes are those that can be seen: without any, it shows no fracture.
    """
    content = content_box(picture)
    at_a_fracture = bool(boxes) and rng.random() < _AT_A_FRACTURE
    for _ in range(TRIES):
        centre = _place(content, len(picture), rng, boxes if at_a_fracture else (), how)
        matrix = _draw(content, centre, size, how.whole, rng)
        places = [move_box(box, matrix, len(picture), size) for box in boxes]
        shares = [share for _, share in places]
        if max(shares) > SEEN if at_a_fracture else all(share < _UNSEEN for share in shares):
            break
    else:  # large or many fractures: what shows a part of one is not sound
        places = [(box, float(share >= _UNSEEN)) for box, share in places]
    return warp(picture, content, matrix, size, places)


def _place(
    content: tuple[int, int, int, int],
    side: int,
    rng: np.random.Generator,
    boxes: Sequence[Box],
    how: Close,
) -> NDArray[np.float64]:
    """Draw where to look, in pixels (x, y)."""
    if boxes:
        box = boxes[int(rng.integers(len(boxes)))]
        return side * np.array([box.left + box.width / 2, box.top + box.height / 2])
    if how.places and rng.random() < _WHERE_OTHERS_BREAK:
        return side * np.array(how.places[int(rng.integers(len(how.places)))])
    top, left, height, width = content
    return np.array([left, top]) + rng.random(2) * (width, height)


def _draw(
    content: tuple[int, int, int, int],
    centre: NDArray[np.float64],
    size: int,
    whole: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Draw the affine map, shape (2, 3), from pixels (x, y) of the picture to those of the close-up."""
    linear, _ = draw_linear(content[2:], whole, rng)
    shift = size * (0.5 + rng.uniform(-_OFF_CENTRE, _OFF_CENTRE, 2)) - linear @ centre
    return np.hstack([linear, shift[:, None]])
