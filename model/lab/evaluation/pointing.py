"""Whether the heat map points at the fracture: its highest cells beside the boxes that people drew.

References
----------
Zhang et al. 2018, doi:10.1007/s11263-017-1059-x: the pointing game.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.classifier import Classifier
from model.lab.dataset.annotations import Box
from model.lab.dataset.examples import Example
from model.lab.dataset.squares import boxes_in_square
from model.lab.evaluation.robustness import read_picture
from model.reading.preprocess import preprocess

TOP: Final = 3
"""So many of the highest cells are looked at."""

_BATCH = 16


@dataclass(frozen=True, slots=True)
class Pointing:
    """How often the heat map points at a fracture.

    Parameters
    ----------
    pictures : int
        With a fracture and boxes around it.
    highest : float
        Share of them whose highest cell lies in a box or within half a cell of one.
    top : float
        The same of any of the `TOP` highest cells.
    chance : float
        Of a cell drawn at random.
    """

    pictures: int
    highest: float
    top: float
    chance: float


def pointing(
    classifiers: Mapping[int, Classifier], parts: Mapping[int, Sequence[Example]]
) -> Pointing | None:
    """Compare maps with boxes.

    Parameters
    ----------
    classifiers : mapping of int to Classifier
        By fold, or a release by any number.
    parts : mapping of int to sequence of Example
        The pictures that each is asked about; those without a box are left out.

    Returns
    -------
    Pointing or None
        None if no picture has a box and a map.
    """
    found = [
        _hits(classifiers[fold], boxed)
        for fold, part in parts.items()
        if (boxed := [one for one in part if one.annotations.boxes])
    ]
    hits = np.concatenate(found) if found else np.empty((0, 3))
    if not len(hits):
        return None
    highest, top, chance = hits.mean(axis=0).tolist()
    return Pointing(len(hits), highest, top, chance)


def cells_near(boxes: Sequence[Box], across: int) -> NDArray[np.bool_]:
    """Return which cells of a map lie in a box, or within half a cell of one.

    Parameters
    ----------
    boxes : sequence of Box
        In shares of the square.
    across : int
        Cells in a row.

    Returns
    -------
    ndarray, shape (across, across), bool
        Whether the cell's centre lies in a box that is half a cell larger on each side.
    """
    centres, half = (np.arange(across) + 0.5) / across, 0.5 / across
    near = np.zeros((across, across), np.bool_)
    for box in boxes:
        rows = (centres >= box.top - half) & (centres <= box.top + box.height + half)
        columns = (centres >= box.left - half) & (centres <= box.left + box.width + half)
        near |= np.outer(rows, columns)
    return near


def _hits(classifier: Classifier, examples: Sequence[Example]) -> NDArray[np.float64]:
    """Return, a picture: whether the highest cell, and any of the `TOP`, is near; and how many cells are."""
    found = []
    for start in range(0, len(examples), _BATCH):
        some = examples[start : start + _BATCH]
        pictures = [read_picture(one) for one in some]
        inputs = np.stack([preprocess(one, classifier.input_size) for one in pictures])
        for example, picture, given in zip(some, pictures, classifier.classify(inputs), strict=True):
            if given is None:
                continue
            boxes = boxes_in_square(example.annotations.boxes or (), *picture.shape)
            near = cells_near(boxes, len(given.heat_map)).ravel()
            order = np.argsort(-given.heat_map.ravel(), kind="stable")
            found.append((near[order[0]], near[order[:TOP]].any(), near.mean()))
    return np.array(found, np.float64).reshape(-1, 3)
