"""Variations of a picture that change nothing about the bone, and hide how the picture was made.

Size, aspect, contrast, sharpness and compression predict the label in collections from the web, so these are
the things that vary most.
"""

import math
from collections.abc import Collection

import cv2
import numpy as np
from numpy.typing import NDArray

from model.reading.network_input import INPUT_SIZE

Picture = NDArray[np.float32]
Mask = NDArray[np.bool_]


STEPS = ("move", "tone", "degrade", "frame", "cover")
"""What is done to a picture, in this order."""


def vary(
    picture: NDArray[np.uint16], rng: np.random.Generator, without: Collection[str] = frozenset()
) -> Picture:
    """Draw a variation of a prepared picture.

    Parameters
    ----------
    picture : ndarray, shape (224, 224), uint16
        As `model.reading.prepare` gives it.
    rng : numpy.random.Generator
        The only source of chance: the same state gives the same variation.
    without : collection of str
        Those of `STEPS` that are left out, to see what they are worth.

    Returns
    -------
    ndarray, shape (224, 224), float32
        In [0, 1].
    """
    varied: Picture = picture.astype(np.float32) / np.float32(65535.0)
    rest = _beside(varied)
    if "move" not in without:
        varied, rest = _move(varied, rng)
    if "tone" not in without:
        varied = _tone(varied, rest, rng)
    if "degrade" not in without:
        varied = _degrade(varied, rest, rng)
    if "frame" not in without:
        varied = _frame(varied, rest, rng)
    if "cover" not in without:
        varied = _cover(varied, rng)
    return np.clip(varied, 0.0, 1.0).astype(np.float32)


def content_box(picture: NDArray[np.generic]) -> tuple[int, int, int, int]:
    """Find the part of a picture that is not black border: top, left, height, width (the whole if all is)."""
    rows = np.flatnonzero(picture.any(axis=1))
    columns = np.flatnonzero(picture.any(axis=0))
    if not rows.size:
        return 0, 0, *picture.shape
    return int(rows[0]), int(columns[0]), int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def _beside(picture: Picture) -> Mask:
    """Return which pixels are black border."""
    top, left, height, width = content_box(picture)
    rest = np.ones(picture.shape, dtype=np.bool_)
    rest[top : top + height, left : left + width] = False
    return rest


def _move(picture: Picture, rng: np.random.Generator) -> tuple[Picture, Mask]:
    """Crop to another aspect, turn, mirror, and letterbox again; return which pixels are then no picture."""
    top, left, height, width = content_box(picture)
    area = rng.uniform(0.7, 1.0)
    stretch = math.exp(rng.uniform(-0.5, 0.5))
    rows = max(min(height, round(height * math.sqrt(area) * stretch)), 16)
    columns = max(min(width, round(width * math.sqrt(area) / stretch)), 16)
    centre_y = top + rows / 2 + rng.uniform(0.0, 1.0) * max(height - rows, 0)
    centre_x = left + columns / 2 + rng.uniform(0.0, 1.0) * max(width - columns, 0)
    box = picture[
        max(round(centre_y - rows / 2), 0) : round(centre_y + rows / 2),
        max(round(centre_x - columns / 2), 0) : round(centre_x + columns / 2),
    ]
    if rng.random() < 0.5:
        box = box[:, ::-1]
    angle = rng.uniform(-180.0, 180.0) if rng.random() < 0.3 else rng.normal(0.0, 8.0)
    turn = abs(math.radians(angle))
    needed_y = box.shape[0] * abs(math.cos(turn)) + box.shape[1] * abs(math.sin(turn))
    needed_x = box.shape[1] * abs(math.cos(turn)) + box.shape[0] * abs(math.sin(turn))
    scale = INPUT_SIZE / max(needed_y, needed_x) * rng.uniform(0.9, 1.1)
    matrix = cv2.getRotationMatrix2D((box.shape[1] / 2, box.shape[0] / 2), angle, scale)
    matrix[:, 2] += (INPUT_SIZE / 2 - box.shape[1] / 2, INPUT_SIZE / 2 - box.shape[0] / 2)
    square = (INPUT_SIZE, INPUT_SIZE)
    moved = cv2.warpAffine(np.ascontiguousarray(box), matrix, square, flags=cv2.INTER_LINEAR)
    covered = cv2.warpAffine(np.ones(box.shape, np.uint8), matrix, square, flags=cv2.INTER_NEAREST)
    return np.asarray(moved, dtype=np.float32), covered == 0


def _tone(picture: Picture, rest: Mask, rng: np.random.Generator) -> Picture:
    """Change how grey levels are spread, gamma, contrast and brightness, where there is picture."""
    inside = ~rest & (picture > 0.0)
    if not inside.any():
        return picture
    drawn = rng.random()
    if drawn < 0.1:
        tiles = cv2.createCLAHE(clipLimit=float(rng.uniform(1.0, 3.0)), tileGridSize=(4, 4))
        picture = tiles.apply(np.rint(picture * 255.0).astype(np.uint8)).astype(np.float32) / np.float32(255)
    elif drawn < 0.35:
        low, high = np.percentile(picture[inside], [rng.uniform(0.0, 5.0), rng.uniform(95.0, 100.0)])
        picture = np.clip((picture - low) / max(high - low, 0.05), 0.0, 1.0).astype(np.float32)
    toned = np.power(picture, math.exp(rng.normal(0.0, 0.3)))
    toned = (toned - 0.5) * rng.uniform(0.7, 1.3) + 0.5 + rng.normal(0.0, 0.05)
    return np.where(inside, np.clip(toned, 0.0, 1.0), 0.0).astype(np.float32)


def _degrade(picture: Picture, rest: Mask, rng: np.random.Generator) -> Picture:
    """Lose sharpness, compress, add noise, each at times."""
    if rng.random() < 0.4:
        small = int(rng.integers(80, INPUT_SIZE))
        shrunk = cv2.resize(picture, (small, small), interpolation=cv2.INTER_AREA)
        grown = cv2.resize(shrunk, (INPUT_SIZE, INPUT_SIZE), interpolation=cv2.INTER_LINEAR)
        picture = np.asarray(grown, dtype=np.float32)
    if rng.random() < 0.3:
        quality = int(rng.integers(30, 95))
        picture = _compress(picture, quality)
    if rng.random() < 0.3:
        noise = rng.standard_normal(picture.shape, dtype=np.float32) * np.float32(rng.uniform(0.0, 0.04))
        picture = np.where(rest, picture, picture + noise).astype(np.float32)
    if rng.random() < 0.2:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.3, 1.0))), np.float32)
    return picture


def _frame(picture: Picture, rest: Mask, rng: np.random.Generator) -> Picture:
    """Fill what is not picture: mostly black as the letterbox does, at times grey or noise.

    Turned copies of one label stand in black corners in some collections; here both labels have all frames.
    """
    drawn = rng.random()
    if drawn < 0.6:
        fill = np.zeros_like(picture)
    elif drawn < 0.85:
        fill = np.full_like(picture, rng.uniform(0.0, 1.0))
    else:
        fill = rng.random(picture.shape, dtype=np.float32) * np.float32(rng.uniform(0.1, 0.6))
    return np.where(rest, fill, picture).astype(np.float32)


def _compress(picture: Picture, quality: int) -> Picture:
    """Write as JPEG and read again; `quality` in [0, 100]."""
    _, written = cv2.imencode(
        ".jpg", np.rint(picture * 255.0).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    read = cv2.imdecode(written, cv2.IMREAD_GRAYSCALE)
    return np.asarray(read, dtype=np.float32) / np.float32(255.0)


def _cover(picture: Picture, rng: np.random.Generator) -> Picture:
    """Cover a patch at times: an arrow or a letter is no evidence, and no one spot should decide alone."""
    if rng.random() < 0.3:
        rows, columns = rng.integers(16, 64, size=2)
        top, left = rng.integers(0, INPUT_SIZE - rows), rng.integers(0, INPUT_SIZE - columns)
        picture = picture.copy()
        picture[top : top + rows, left : left + columns] = rng.uniform(0.0, 0.6)
    return picture
