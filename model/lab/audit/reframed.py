"""Pictures that show parts of one radiograph: cropped, framed, or pasted into a figure.

They are no copies of the whole picture, so each keeps a source of its own, but they are of one patient.
Corners and blobs of one that return in another, all by one turn and scale, say where to lay it; the overlap
then decides, as it does for copies.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from model.lab.audit.agreement import SAME, agreement
from model.lab.audit.rotation import Square, refine

_LONGEST: Final = 240
_POINTS: Final = 200
_NEIGHBOURS: Final = 6
_DISTINCT: Final = 0.85
_VOTES: Final = 5
_INLIERS: Final = 10
_DETAIL: Final = 0.80
_OVERLAP: Final = 0.25

_Points = tuple[NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two pictures that show parts of one radiograph.

    Attributes
    ----------
    first, second : int
        Places of the two among the pictures.
    correlation : float
        Over the overlap.
    share : float
        Of the smaller picture that the overlap covers.
    """

    first: int
    second: int
    correlation: float
    share: float


def overlapping_pairs(
    squares: Sequence[Square],
    sizes: Sequence[tuple[int, int]],
    on_progress: Callable[[str, int, int], None] = lambda *_: None,
) -> list[Overlap]:
    """Find pictures that show parts of one radiograph.

    Parameters
    ----------
    squares : sequence of ndarray, shape (224, 224), uint8
        One of each source.
    sizes : sequence of (int, int)
        Rows and columns of the pictures, for their aspect.
    on_progress : callable
        Called with the stage, how much of it is done, and of how much.

    Returns
    -------
    list of Overlap
        By places.

    References
    ----------
    Lowe 2004, IJCV 60(2): SIFT. Fischler and Bolles 1981: RANSAC.
    """
    cv2.setRNGSeed(0)
    pictures = [_upright(square, size) for square, size in zip(squares, sizes, strict=True)]
    points: list[_Points] = []
    for done, picture in enumerate(pictures, start=1):
        points.append(_interest_points(picture))
        on_progress("crops: points", done, len(pictures))
    candidates = _candidates(points)
    overlaps = []
    for done, (first, second) in enumerate(candidates, start=1):
        on_progress("crops: verifying", done, len(candidates))
        overlap = _verified(pictures, points, first, second) or _verified(pictures, points, second, first)
        if overlap is not None:
            overlaps.append(replace(overlap, first=first, second=second))
    return overlaps


def _upright(square: Square, size: tuple[int, int]) -> Square:
    scale = _LONGEST / max(size)
    rows, columns = (max(32, round(side * scale)) for side in size)
    return np.asarray(cv2.resize(square, (columns, rows), interpolation=cv2.INTER_LINEAR), np.uint8)


def _interest_points(picture: Square) -> _Points:
    sift = cv2.SIFT.create(nfeatures=_POINTS, contrastThreshold=0.02)
    found, described = sift.detectAndCompute(picture, None)
    if not found:
        return np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32)
    return np.array([point.pt for point in found], np.float32), np.asarray(described, np.float32)


def _candidates(points: Sequence[_Points]) -> list[tuple[int, int]]:
    """Let each point vote for the pictures in which it has an outstanding neighbour."""
    described = np.concatenate([one for _, one in points]) if points else np.zeros((0, 128), np.float32)
    if len(described) <= _NEIGHBOURS:
        return []
    owner = np.repeat(np.arange(len(points)), [len(one) for _, one in points])
    matcher = cv2.FlannBasedMatcher({"algorithm": 1, "trees": 4}, {"checks": 48})
    votes: Counter[tuple[int, int]] = Counter()
    for matches in matcher.knnMatch(described, described, k=_NEIGHBOURS):
        mine = owner[matches[0].queryIdx]
        foreign = [match for match in matches if owner[match.trainIdx] != mine]
        if len(foreign) > 1 and foreign[0].distance < _DISTINCT * foreign[-1].distance:
            other = owner[foreign[0].trainIdx]
            votes[int(min(mine, other)), int(max(mine, other))] += 1
    return sorted(pair for pair, count in votes.items() if count >= _VOTES)


def _verified(
    pictures: Sequence[Square], points: Sequence[_Points], first: int, second: int
) -> Overlap | None:
    found = _placed(points[first], points[second])
    if found is None:
        return None
    one, other = pictures[first], pictures[second]
    matrix = refine(one, other, found, np.full(one.shape, 255, np.uint8), cv2.MOTION_AFFINE)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpAffine(other, matrix, one.shape[::-1], flags=flags)
    inside = cv2.warpAffine(np.full(other.shape, 255, np.uint8), matrix, one.shape[::-1], flags=flags) == 255
    inside = cv2.erode(inside.astype(np.uint8), np.ones((9, 9), np.uint8), borderValue=1) > 0
    scale = abs(float(np.linalg.det(matrix[:, :2])))
    share = float(inside.sum()) / min(one.size, other.size / max(scale, 1e-6))
    agreed = agreement(one, np.asarray(laid, np.uint8), inside)
    if share < _OVERLAP or agreed.correlation < SAME or agreed.detail < _DETAIL:
        return None
    return Overlap(first, second, agreed.correlation, min(1.0, share))


def _placed(first: _Points, second: _Points) -> NDArray[np.float32] | None:
    """Find the turn, scale and shift from the first picture's places to the second's."""
    if min(len(first[0]), len(second[0])) < _INLIERS:
        return None
    pairs = cv2.BFMatcher().knnMatch(first[1], second[1], k=2)
    good = [best for best, next_best in pairs if best.distance < _DISTINCT * next_best.distance]
    if len(good) < _INLIERS:
        return None
    here = first[0][[match.queryIdx for match in good]]
    there = second[0][[match.trainIdx for match in good]]
    fitted: tuple[Any, Any] = cv2.estimateAffine2D(here, there, ransacReprojThreshold=3.0, maxIters=2000)
    matrix, fits = fitted  # None where no turn and scale was found, which the stubs do not say
    if matrix is None or int(fits.sum()) < _INLIERS or not 0.2 < abs(np.linalg.det(matrix[:, :2])) ** 0.5 < 5:
        return None
    return np.asarray(matrix, np.float32)
