"""Radiographs spoiled until they are none: what they are made of stays, what they show does not.

A radiograph whose pieces, phases or coordinates are scrambled keeps the grey levels, noise and film of the
training pictures, so that a judge of strangeness cannot go by those alone.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Rng = np.random.Generator
Picture = NDArray[Any]  # floats in [0, 1]; OpenCV's stubs have no more
Spoiler = Callable[[Picture, Picture, Rng], Picture]


def shutter(picture: Picture, rng: Rng) -> Picture:
    """Blank what lies outside of a rectangle, white, black or grey, as a collimator or a viewer does.

    Parameters
    ----------
    picture : Picture
    rng : Rng

    Returns
    -------
    Picture
    """
    rows, columns = picture.shape
    height, width = int(rng.uniform(0.6, 1.0) * rows), int(rng.uniform(0.6, 1.0) * columns)
    top, left = int(rng.integers(rows - height + 1)), int(rng.integers(columns - width + 1))
    blank = np.full(picture.shape, rng.choice([0.0, 1.0, 1.0, rng.random()]), np.float32)
    blank[top : top + height, left : left + width] = picture[top : top + height, left : left + width]
    return blank


_PIECES = (16, 8, 7, 4)
"""Along a side; those that divide it are drawn from."""


def _scramble(picture: Picture, _: Picture, rng: Rng) -> Picture:
    """Cut a picture into squares and lay them in any order, each turned at random."""
    size = picture.shape[0]
    count = int(rng.choice([count for count in _PIECES if size % count == 0]))
    side = size // count
    cut = picture.reshape(count, side, count, side).swapaxes(1, 2).reshape(-1, side, side)
    laid = np.stack([np.rot90(cut[index], int(rng.integers(4))) for index in rng.permutation(len(cut))])
    return laid.reshape(count, count, side, side).swapaxes(1, 2).reshape(picture.shape)


def _rephase(picture: Picture, _: Picture, rng: Rng) -> Picture:
    """Keep a picture's spectrum and draw its phases anew."""
    spectrum = np.abs(np.fft.rfft2(picture))
    phases = np.angle(np.fft.rfft2(rng.standard_normal(picture.shape)))
    return np.fft.irfft2(spectrum * np.exp(1j * phases), picture.shape).astype(np.float32)


def _wrap(picture: Picture, _: Picture, rng: Rng) -> Picture:
    """Wrap a picture around a point, so that straight becomes round."""
    size = picture.shape[0]
    centre = tuple(float(value) for value in size / 2.0 + rng.uniform(-20, 20, 2))
    flags = cv2.WARP_POLAR_LINEAR | cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR | cv2.WARP_FILL_OUTLIERS
    turned = np.ascontiguousarray(np.rot90(picture, int(rng.integers(4))))
    doubled = np.concatenate([turned, turned[::-1]])  # no seam
    return cv2.warpPolar(doubled, (size, size), centre, size * rng.uniform(0.4, 0.75), flags)


def _swirl(picture: Picture, _: Picture, rng: Rng) -> Picture:
    """Bend a picture by waves until no bone is straight."""
    size = picture.shape[0]
    down, across = np.mgrid[0:size, 0:size].astype(np.float32)
    moved = []
    for axis in (down, across):
        wave = cv2.resize(
            rng.standard_normal((6, 6)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC
        )
        moved.append(axis + wave * np.float32(rng.uniform(15.0, 40.0)))
    return cv2.remap(picture, moved[1], moved[0], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def _enlarge(picture: Picture, _: Picture, rng: Rng) -> Picture:
    """Show a twentieth of a picture, full size: film, noise and blur without anatomy."""
    size = picture.shape[0]
    side = int(size * rng.uniform(0.06, 0.2))
    top, left = (int(value) for value in rng.integers(size // 5, size - size // 5 - side, 2))
    return cv2.resize(
        picture[top : top + side, left : left + side], (size, size), interpolation=cv2.INTER_LINEAR
    )


def _posterise(picture: Picture, _: Picture, rng: Rng) -> Picture:
    """Leave two or three greys."""
    levels = int(rng.integers(1, 3))
    cuts = np.quantile(picture, np.sort(rng.uniform(0.2, 0.9, levels)))
    return (np.digitize(picture, cuts) / np.float32(levels)).astype(np.float32)


def _outline(picture: Picture, _: Picture, rng: Rng) -> Picture:
    """Leave edges alone, white on black or black on white."""
    smooth = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.7, 2.5))
    edges = np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    unit = np.clip(edges / max(float(np.quantile(edges, 0.99)), 1e-6), 0.0, 1.0)
    found: Picture = unit if rng.random() < 0.5 else 1.0 - unit
    return found


def _fold(picture: Picture, other: Picture, rng: Rng) -> Picture:
    """Let greys wrap around two to four times, and lay another picture's over them."""
    mixed = picture + np.float32(rng.uniform(0.2, 1.0)) * np.rot90(other, int(rng.integers(4)))
    return np.asarray(np.abs(np.mod(mixed * np.float32(rng.uniform(2.0, 4.0)), 2.0) - 1.0), dtype=np.float32)


def _collage(picture: Picture, other: Picture, rng: Rng) -> Picture:
    """Lay many small copies of two pictures beside each other."""
    count = int(rng.integers(3, 6))
    side = -(-picture.shape[0] // count)
    small = [cv2.resize(one, (side, side), interpolation=cv2.INTER_AREA) for one in (picture, other)]
    rows = [np.hstack([small[int(rng.integers(2))] for _ in range(count)]) for _ in range(count)]
    return np.ascontiguousarray(np.vstack(rows)[: picture.shape[0], : picture.shape[1]])


SPOILERS: Mapping[str, Spoiler] = MappingProxyType(
    {
        "scramble": _scramble,
        "rephase": _rephase,
        "wrap": _wrap,
        "swirl": _swirl,
        "enlarge": _enlarge,
        "posterise": _posterise,
        "outline": _outline,
        "fold": _fold,
        "collage": _collage,
    }
)
"""Kinds that are spoiled from radiographs: from one and another, float32 in [0, 1], and a generator."""
