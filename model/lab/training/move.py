"""Crop, turn, mirror and stretch a picture, and take the boxes around its fractures along."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from model.lab.dataset.annotations import Box

Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]

TRIES = 8
SEEN = 0.6
"""A fracture counts as seen where so much of its box lies in the picture."""
_KEPT = 0.3
"""A box is kept where so much of it lies in the picture."""
_SAFE_SCALE = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """A picture that was moved.

    Parameters
    ----------
    picture : ndarray, shape (size, size), uint8
    beside : ndarray, shape (size, size), bool
        Where there is no picture.
    boxes : tuple of Box
        Those that are still seen, in shares of the square.
    """

    picture: Picture
    beside: Mask
    boxes: tuple[Box, ...]


def content_box(picture: NDArray[np.generic]) -> tuple[int, int, int, int]:
    """Find the part of a picture that is not black border.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns)

    Returns
    -------
    tuple of (int, int, int, int)
        Top, left, height, width, in pixels; the whole picture if all is black.
    """
    rows = np.flatnonzero(picture.any(axis=1))
    columns = np.flatnonzero(picture.any(axis=0))
    if not rows.size:
        return 0, 0, *picture.shape
    return int(rows[0]), int(columns[0]), int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def move(picture: Picture, size: int, rng: np.random.Generator, boxes: Sequence[Box]) -> Moved:
    """Draw how a picture lies in the network's input; at least one of its fractures stays in view.

    Parameters
    ----------
    picture : ndarray, shape (side, side), uint8
        Somewhat larger than the network's input, so that cropping loses no detail.
    size : int
        Rows and columns of the network's input.
    rng : numpy.random.Generator
    boxes : sequence of Box
        In shares of the square `picture`.

    Returns
    -------
    Moved
    """
    content = content_box(picture)
    for _ in range(TRIES):
        matrix = _draw(content, size, rng)
        places = [move_box(box, matrix, len(picture), size) for box in boxes]
        if not boxes or max(share for _, share in places) > SEEN:
            break
    else:
        matrix = _centred(len(picture), size)
        places = [move_box(box, matrix, len(picture), size) for box in boxes]
    return warp(picture, content, matrix, size, places)


def warp(
    picture: Picture,
    content: tuple[int, int, int, int],
    matrix: NDArray[np.float64],
    size: int,
    places: Sequence[tuple[Box, float]],
) -> Moved:
    """Apply a map to a picture.

    Parameters
    ----------
    picture : ndarray, shape (side, side), uint8
    content : tuple of (int, int, int, int)
        As `content_box` gives it.
    matrix : ndarray, shape (2, 3), float64
        From pixels (x, y) of the picture to those of the result.
    size : int
        Rows and columns of the result.
    places : sequence of (Box, float)
        Each box in shares of the result, and which share of it lies there; see `move_box`.

    Returns
    -------
    Moved
    """
    top, left, height, width = content
    inside = np.ascontiguousarray(picture[top : top + height, left : left + width])
    shifted = matrix.copy()
    shifted[:, 2] += matrix[:, :2] @ (left, top)
    moved = cv2.warpAffine(inside, shifted, (size, size), flags=cv2.INTER_LINEAR)
    covered = cv2.warpAffine(
        np.full(inside.shape, 255, np.uint8), shifted, (size, size), flags=cv2.INTER_NEAREST
    )
    beside = np.asarray(covered == 0)
    kept = tuple(box for box, share in places if share > _KEPT)
    return Moved(np.where(beside, np.uint8(0), np.asarray(moved, np.uint8)), beside, kept)


def stay(picture: Picture, size: int, boxes: Sequence[Box]) -> Moved:
    """Bring a picture to the size of the network's input, and do no more.

    Parameters
    ----------
    picture : ndarray, shape (side, side), uint8
    size : int
        Pixels a side.
    boxes : sequence of Box

    Returns
    -------
    Moved
    """
    top, left, height, width = content_box(picture)
    scale = size / len(picture)
    beside = np.ones((size, size), np.bool_)
    rows = slice(round(top * scale), round((top + height) * scale))
    beside[rows, round(left * scale) : round((left + width) * scale)] = False
    shrunk = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
    return Moved(np.asarray(shrunk, np.uint8), beside, tuple(boxes))


def _draw(content: tuple[int, int, int, int], size: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw the affine map, shape (2, 3), from pixels (x, y) of the picture to those of the input."""
    top, left, height, width = content
    linear, (wide, tall) = draw_linear((height, width), size, rng)
    centre = np.array([left + width / 2, top + height / 2])
    room = np.array([max(0.0, wide - size), max(0.0, tall - size)]) / 2 + 0.04 * size
    shift = size / 2 + rng.uniform(-1.0, 1.0, 2) * room - linear @ centre
    return np.hstack([linear, shift[:, None]])


def draw_linear(
    content: tuple[int, int], size: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """Draw how a picture is turned, mirrored, stretched and brought to about the size of an input.

    Parameters
    ----------
    content : tuple of (int, int)
        Height and width of what is not border, in pixels.
    size : int
        Rows and columns of the input.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (2, 2), float64
        Linear map of (x, y).
    tuple of (float, float)
        Width and height of the result, before it is stretched, in pixels.
    """
    height, width = content
    angle = math.radians(rng.uniform(-180.0, 180.0) if rng.random() < 0.3 else rng.normal(0.0, 10.0))
    sine, cosine = math.sin(angle), math.cos(angle)
    tall = height * abs(cosine) + width * abs(sine)
    wide = width * abs(cosine) + height * abs(sine)
    scale = size / max(tall, wide) * math.exp(rng.uniform(math.log(0.8), math.log(1.35)))
    stretch = math.exp(rng.uniform(-0.18, 0.18))
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    turn = np.array([[cosine, -sine], [sine, cosine]])
    linear = turn @ np.diag([scale * math.sqrt(stretch) * mirror, scale / math.sqrt(stretch)])
    return linear, (wide * scale, tall * scale)


def _centred(side: int, size: int) -> NDArray[np.float64]:
    scale = size / side * _SAFE_SCALE
    margin = size * (1.0 - _SAFE_SCALE) / 2
    return np.array([[scale, 0.0, margin], [0.0, scale, margin]])


def move_box(box: Box, matrix: NDArray[np.float64], side: int, size: int) -> tuple[Box, float]:
    """Move a box, and return which share of it lies in the square.

    It is taken for the ellipse in it: an upright box around turned corners would be far larger than the
    fracture.

    Parameters
    ----------
    box : Box
        In shares of a square of `side` pixels.
    matrix : ndarray, shape (2, 3), float64
    side, size : int
        Pixels a side, before and after.

    Returns
    -------
    tuple of (Box, float)
    """
    half = np.array([box.width, box.height]) * side / 2
    centre = matrix[:, :2] @ (np.array([box.left, box.top]) * side + half) + matrix[:, 2]
    reach = np.sqrt(np.square(matrix[:, :2] * half).sum(axis=1))
    low, high = np.clip(centre - reach, 0.0, size), np.clip(centre + reach, 0.0, size)
    share = float(np.prod(high - low) / np.prod(2 * reach))
    (left, top), (width, height) = low / size, (high - low) / size
    return Box(float(left), float(top), float(width), float(height)), share
