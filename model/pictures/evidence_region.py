"""Where the evidence lies, as outlines in the pixels of the stored image."""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from model.pictures.heat_map import spread_map

SHARE: Final = 0.5
"""Of the greatest evidence of a map: what has as much, or more, is within an outline."""
MOST_REGIONS: Final = 3
_GRID: Final = 448  # places along the longer side on which outlines are found: 64 a cell of the usual map
_TOLERANCE: Final = 0.75  # of an outline, in those places

Outline = NDArray[np.float64]


def outline_evidence(
    heat_map: NDArray[np.floating], rows: int, columns: int, aspect: float
) -> tuple[Outline, ...]:
    """Outline the places that raised a score most.

    Parameters
    ----------
    heat_map : ndarray, shape (cells, cells)
        Evidence by place in the network's square input.
    rows, columns : int
        Of the stored image.
    aspect : float
        Height of a stored pixel over its width.

    Returns
    -------
    tuple of ndarray, shape (points, 2), float64
        Column and row, from 0 at the outer corner of the first pixel; the last point is the first again.
        Those with the greatest evidence, the greatest first; none if nothing raised the score.

    References
    ----------
    PS3.3 C.18.6.1.1 and C.10.5.1.2: pixel coordinates of SCOORD and of graphic annotations.
    """
    height, width = rows * max(aspect, 1.0), columns / min(aspect, 1.0)
    scale = _GRID / max(height, width)
    down, across = max(1, round(height * scale)), max(1, round(width * scale))
    evidence = spread_map(heat_map, down, across)
    greatest = float(evidence.max())
    if greatest <= 0:
        return ()
    within = (evidence >= SHARE * greatest).astype(np.uint8)
    padded = cv2.copyMakeBorder(within, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    contours, _ = cv2.findContours(padded, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    found = [np.asarray(contour, np.int32) for contour in contours]
    peaks = [(_peak(evidence, contour), contour) for contour in found]
    first = sorted(peaks, key=lambda one: (-one[0], one[1].ravel().tolist()))[:MOST_REGIONS]
    return tuple(_scaled(contour, (columns / across, rows / down), (columns, rows)) for _, contour in first)


def _peak(evidence: NDArray[np.float32], contour: NDArray[Any]) -> float:
    inside = np.zeros((evidence.shape[0] + 2, evidence.shape[1] + 2), np.uint8)
    cv2.drawContours(inside, [contour], -1, 1, cv2.FILLED)
    return float(evidence[inside[1:-1, 1:-1] > 0].max())


def _scaled(contour: NDArray[Any], steps: tuple[float, float], ends: tuple[int, int]) -> Outline:
    """Turn the centres of grid places into pixel coordinates, and close the outline."""
    points = cv2.approxPolyDP(contour, _TOLERANCE, closed=True).reshape(-1, 2).astype(np.float64)
    if len(points) < 3:  # a line of places: as wide as they are
        (left, top), (right, bottom) = points.min(axis=0) - 0.5, points.max(axis=0) + 0.5
        points = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    placed = np.clip((points - 0.5) * steps, 0, ends).round(1)  # the border is one place wide
    return np.vstack([placed, placed[:1]])
