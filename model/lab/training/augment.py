"""Variations of a picture that change nothing about the bone, and hide how the picture was made.

Size, aspect, contrast, sharpness and compression predict the label in collections from the web, so these are
the things that vary most. A picture takes 1.5 ms of a processor: less than a tenth of its training step.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from model.lab.dataset.annotations import Box
from model.lab.training.close_up import Close, close_up
from model.lab.training.move import Mask, Picture, move, stay

STEPS = ("move", "tone", "degrade", "frame", "cover")
"""What is done to a picture, in this order."""

_HIDDEN = 0.15
"""No cover hides more than this share of a fracture's box."""


@dataclass(frozen=True, slots=True, eq=False)
class Varied:
    """A variation.

    Parameters
    ----------
    picture : ndarray, shape (size, size), uint8
    boxes : tuple of Box
        Around the fractures in it, in shares of the square.
    """

    picture: Picture
    boxes: tuple[Box, ...]


def vary(
    picture: Picture,
    size: int,
    rng: np.random.Generator,
    boxes: Sequence[Box] = (),
    without: Collection[str] = frozenset(),
    close: Close | None = None,
) -> Varied:
    """Draw a variation of a prepared picture.

    Parameters
    ----------
    picture : ndarray, shape (side, side), uint8
        As `model.lab.dataset.squares` gives it.
    size : int
        Rows and columns of the variation; somewhat less than `side`.
    rng : numpy.random.Generator
        The only source of chance: the same state gives the same variation.
    boxes : sequence of Box
        Around the fractures, in shares of the square.
    without : collection of str
        Those of `STEPS` that are left out, to see what they are worth; a close-up is always moved.
    close : Close, optional
        Show a close-up.

    Returns
    -------
    Varied
    """
    if close is not None:
        moved = close_up(picture, size, rng, boxes, close)
    else:
        moved = stay(picture, size, boxes) if "move" in without else move(picture, size, rng, boxes)
    varied, beside = moved.picture, moved.beside
    if "tone" not in without:
        varied = _tone(varied, beside, rng)
    if "degrade" not in without:
        varied = _degrade(varied, rng)
    if "frame" not in without:
        varied = _frame(varied, beside, rng)
    if "cover" not in without:
        varied = _cover(varied, moved.boxes, rng)
    return Varied(varied, moved.boxes)


def _tone(picture: Picture, beside: Mask, rng: np.random.Generator) -> Picture:
    """Change how grey levels are spread, gamma, contrast and brightness, by one table of 256 levels."""
    levels = np.arange(256, dtype=np.float64) / 255.0
    drawn = rng.random()
    if drawn < 0.08:
        tiles = cv2.createCLAHE(clipLimit=float(rng.uniform(1.0, 3.0)), tileGridSize=(4, 4))
        picture = np.asarray(tiles.apply(picture), np.uint8)
    elif drawn < 0.35:
        inside = picture[~beside][::7]
        if inside.size:
            shares = [rng.uniform(0.0, 5.0), rng.uniform(95.0, 100.0)]
            low, high = np.percentile(inside, shares) / 255.0
            levels = np.clip((levels - low) / max(high - low, 0.1), 0.0, 1.0)
    levels = np.power(levels, math.exp(rng.normal(0.0, 0.3)))
    levels = (levels - 0.5) * rng.uniform(0.7, 1.3) + 0.5 + rng.normal(0.0, 0.05)
    if rng.random() < 0.02:  # a film whose polarity was lost
        levels = 1.0 - levels
    table = np.rint(np.clip(levels, 0.0, 1.0) * 255.0).astype(np.uint8)
    return np.where(beside, picture, np.asarray(cv2.LUT(picture, table), np.uint8))


def _degrade(picture: Picture, rng: np.random.Generator) -> Picture:
    """Lose sharpness, compress, add noise, each at times."""
    size = len(picture)
    if rng.random() < 0.2:
        small = int(size * rng.uniform(0.5, 0.95))
        shrunk = cv2.resize(picture, (small, small), interpolation=cv2.INTER_AREA)
        picture = np.asarray(cv2.resize(shrunk, (size, size), interpolation=cv2.INTER_LINEAR), np.uint8)
    if rng.random() < 0.25:
        picture = _compress(picture, int(rng.integers(40, 95)))
    if rng.random() < 0.25:
        noise = rng.standard_normal(picture.shape, dtype=np.float32) * np.float32(rng.uniform(0.0, 9.0))
        picture = np.clip(picture + noise, 0.0, 255.0).astype(np.uint8)
    if rng.random() < 0.15:
        width = float(rng.uniform(0.3, 0.9)) * size / 224.0
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), width), np.uint8)
    return picture


def _compress(picture: Picture, quality: int) -> Picture:
    """Write as JPEG and read again; `quality` in [0, 100]."""
    _, written = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(written, cv2.IMREAD_GRAYSCALE), np.uint8)


def _frame(picture: Picture, beside: Mask, rng: np.random.Generator) -> Picture:
    """Fill what is not picture: mostly black as the letterbox does, at times grey or noise.

    Turned copies of one label stand in black corners in some collections; here both labels have all frames.
    """
    drawn = rng.random()
    if drawn < 0.75:
        fill = np.zeros_like(picture)
    elif drawn < 0.92:
        fill = np.full_like(picture, rng.integers(0, 256))
    else:
        fill = rng.integers(0, int(rng.uniform(26, 153)), picture.shape, dtype=np.uint8)
    return np.where(beside, fill, picture)


def _cover(picture: Picture, boxes: Sequence[Box], rng: np.random.Generator) -> Picture:
    """Cover a patch at times: an arrow or a letter is no evidence, and no one spot should decide alone."""
    if rng.random() >= 0.3:
        return picture
    size = len(picture)
    for _ in range(5):
        height, width = (int(share * size) for share in rng.uniform(0.07, 0.28, 2))
        top, left = (int(rng.integers(0, size - length)) for length in (height, width))
        patch = Box(left / size, top / size, width / size, height / size)
        if all(_shared(box, patch) <= _HIDDEN * box.width * box.height for box in boxes):
            covered = picture.copy()
            covered[top : top + height, left : left + width] = rng.integers(0, 150)
            return covered
    return picture


def _shared(one: Box, other: Box) -> float:
    """Return the area that two boxes share."""
    width = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    height = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    return max(0.0, width) * max(0.0, height)
