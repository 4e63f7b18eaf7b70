"""What the map of places is taught: how much of each cell lies in a fracture."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.lab.dataset.annotations import Box


def cover_cells(boxes: Sequence[Box], cells: int) -> NDArray[np.float32]:
    """Return how much boxes and cells have in common.

    Parameters
    ----------
    boxes : sequence of Box
        In shares of the network's square input.
    cells : int
        Rows and columns of the map.

    Returns
    -------
    ndarray, shape (cells, cells), float32
        The area that a cell shares with a box, as a share of the smaller of the two, in [0, 1]; of several
        boxes the greatest. Half of the fractures are smaller than a cell.
    """
    covered = np.zeros((cells, cells), np.float32)
    for box in boxes:
        rows, across = _axis(box.top, box.height, cells), _axis(box.left, box.width, cells)
        smaller = max(1e-6, min(1.0, box.width * box.height * cells * cells))
        shared = np.outer(rows, across) / smaller
        covered = np.maximum(covered, np.minimum(shared, 1.0).astype(np.float32))
    return covered


def _axis(start: float, length: float, cells: int) -> NDArray[np.float64]:
    """Return how much of each cell along an axis lies within a stretch, in cells."""
    low, high = start * cells, (start + length) * cells
    first = np.arange(cells)
    within = np.minimum(first + 1.0, high) - np.maximum(first, low)
    return np.maximum(within, 0.0) if math.isfinite(high) else np.zeros(cells)
