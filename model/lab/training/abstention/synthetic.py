"""Pictures that are no radiographs of bones, made by code, so that abstaining is learned without more data.

What stands in for the rest of the world must not be the rest of the world itself: whether a release abstains
from a CT slice or a photograph is measured on kinds that none of these makers draws. A picture's maker, its
numbers and the radiograph that it may be spoiled from follow from the seed alone.

References
----------
Hendrycks, Mazeika and Dietterich 2019, arXiv:1812.04606: known outliers help against unseen ones.
Lee, Mumford and Huang 2001, Int. J. Comput. Vis. 41: dead leaves have the statistics of natural pictures.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from model.lab.training.abstention.spoiled import SPOILERS, shutter
from model.reading.network_input import INPUT_SIZE
from model.reading.preprocess import preprocess

Rng = np.random.Generator
Picture = NDArray[Any]  # floats in [0, 1]; OpenCV's stubs have no more
Maker = Callable[[Rng], Picture]

_TEXT = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:()-   "


def make_strange(
    radiographs: NDArray[np.uint16], count: int, seed: int, without: frozenset[str] = frozenset()
) -> tuple[NDArray[np.uint16], tuple[str, ...]]:
    """Make pictures that the network knows nothing of, each kind as often as any other.

    Parameters
    ----------
    radiographs : ndarray, shape (n, size, size), uint16
        Prepared pictures of the training, which some kinds are spoiled from; n at least 2.
    count : int
        How many to make.
    seed : int
    without : frozenset of str
        Kinds to leave out, to measure what is made of a kind never seen; see `KINDS`.

    Returns
    -------
    ndarray, shape (count, size, size), uint16
    tuple of str
        The kind of each.
    """
    names = [name for name in KINDS if name not in without]
    pictures, kinds = [], []
    for index in range(count):
        name = names[index % len(names)]
        rng = np.random.default_rng((seed, index))
        if name in MAKERS:
            picture = MAKERS[name](rng)
        else:
            first, second = rng.choice(len(radiographs), 2, replace=False)
            picture = SPOILERS[name](_unit(radiographs[first]), _unit(radiographs[second]), rng)
        pictures.append(_finish(picture, rng, radiographs.shape[1], vary=name in MAKERS))
        kinds.append(name)
    return np.stack(pictures), tuple(kinds)


def _unit(picture: NDArray[np.uint16]) -> Picture:
    return picture.astype(np.float32) / np.float32(65535.0)


def _finish(picture: Picture, rng: Rng, size: int, *, vary: bool) -> NDArray[np.uint16]:
    """Fit a made picture into the square; some lie behind a shutter or in a letterbox, as radiographs do."""
    if rng.random() < 0.4:
        picture = shutter(picture, rng)
    values = (np.clip(picture, 0.0, 1.0) * 65535.0).astype(np.uint16)
    if vary and rng.random() < 0.5:
        short = int(rng.uniform(0.5, 1.0) * len(values))
        values = values[:short] if rng.random() < 0.5 else values[:, :short]
    return preprocess(np.ascontiguousarray(values), size)


def _flat(rng: Rng) -> Picture:
    """Make a picture of one value, most often black or white, with hardly any noise."""
    level = rng.choice([0.0, 1.0, rng.random()])
    return np.asarray(level + _normal(rng) * rng.choice([0.0, 0.002, 0.01, 0.03]))


def _noise(rng: Rng) -> Picture:
    """Make noise of one of several distributions, fine or coarse."""
    drawn = (rng.random, rng.standard_normal, rng.standard_exponential)[int(rng.integers(3))]
    size = int(rng.choice([8, 16, 32, 64, 112, 224, 448]))
    grain = cv2.resize(drawn((size, size)).astype(np.float32), (INPUT_SIZE, INPUT_SIZE))
    strength, level = rng.uniform(0.05, 0.5), rng.uniform(0.1, 0.9)
    return np.asarray(level + (grain - grain.mean()) * strength)


def _cloud(rng: Rng) -> Picture:
    """Make a random field whose spectrum falls as a power of the frequency, as that of many pictures does."""
    spectrum = np.fft.rfft2(rng.standard_normal((INPUT_SIZE, INPUT_SIZE)))
    down, across = np.fft.fftfreq(INPUT_SIZE)[:, None], np.fft.rfftfreq(INPUT_SIZE)[None]
    frequency = np.maximum(np.hypot(down * rng.uniform(0.5, 2.0), across), 1.0 / INPUT_SIZE)
    return _stretch(np.fft.irfft2(spectrum / frequency ** rng.uniform(0.5, 2.5)), rng)


def _gradient(rng: Rng) -> Picture:
    """Make a slope, straight or round."""
    down, across = np.mgrid[-1.0 : 1.0 : INPUT_SIZE * 1j, -1.0 : 1.0 : INPUT_SIZE * 1j]
    angle = rng.uniform(0.0, 2.0 * np.pi)
    straight = np.cos(angle) * down + np.sin(angle) * across
    round_ = np.hypot(down - rng.uniform(-1, 1), across - rng.uniform(-1, 1))
    return _stretch(straight if rng.random() < 0.5 else round_, rng) + _normal(rng) * np.float32(0.01)


def _grating(rng: Rng) -> Picture:
    """Make stripes or a chequerboard, sharp or soft, at any angle."""
    down, across = np.mgrid[0:INPUT_SIZE, 0:INPUT_SIZE]
    angle, period = rng.uniform(0.0, np.pi), rng.uniform(4.0, 80.0)
    first = np.sin((np.cos(angle) * down + np.sin(angle) * across) * 2.0 * np.pi / period)
    second = np.sin((np.cos(angle) * across - np.sin(angle) * down) * 2.0 * np.pi / period)
    wave = first if rng.random() < 0.5 else first * second
    return _stretch(np.sign(wave) if rng.random() < 0.5 else wave, rng) + _normal(rng) * np.float32(0.01)


def _text(rng: Rng) -> Picture:
    """Make a page of lines of letters that mean nothing, dark on light or light on dark."""
    page = np.zeros((INPUT_SIZE * 3, INPUT_SIZE * 3), np.uint8)
    scale = rng.uniform(0.5, 3.0)
    font = int(rng.choice([cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_DUPLEX]))
    for line in range(int(30 * scale), len(page), int(rng.uniform(28, 45) * scale)):
        letters = "".join(rng.choice(list(_TEXT), int(rng.uniform(2, 36 / scale))))
        at = (int(rng.uniform(5, 60)), line)
        cv2.putText(page, letters, at, font, scale, 255, int(rng.choice([1, 2, 3])), cv2.LINE_AA)
    small = cv2.resize(page, (INPUT_SIZE, INPUT_SIZE), interpolation=cv2.INTER_AREA) / np.float32(255.0)
    return small if rng.random() < 0.5 else 1.0 - small


def _shapes(rng: Rng) -> Picture:
    """Make a drawing of a few flat shapes and lines."""
    picture = np.full((INPUT_SIZE, INPUT_SIZE), rng.choice([0.0, 1.0, rng.random()]), np.float32)
    for _ in range(int(rng.integers(1, 15))):
        _draw(picture, rng, float(rng.random()), rng.uniform(5.0, 90.0))
    return picture


def _leaves(rng: Rng) -> Picture:
    """Make overlapping leaves, a few large and many small, each with a texture: the look of photographs."""
    picture = np.zeros((INPUT_SIZE, INPUT_SIZE), np.float32)
    grain = _normal(rng) * np.float32(rng.uniform(0.0, 0.08))
    smallest, power = rng.uniform(2.0, 8.0), rng.uniform(1.5, 3.0)
    for _ in range(int(rng.integers(60, 500))):
        _draw(picture, rng, float(rng.random()), min(smallest * rng.random() ** (-1.0 / power), 120.0))
    blurred = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 2.0))
    return blurred + grain


def _cells(rng: Rng) -> Picture:
    """Make nested rounds of soft tissue's greys on black or white, none of them a bone's shaft."""
    picture = np.full((INPUT_SIZE, INPUT_SIZE), rng.choice([0.0, 0.0, 1.0]), np.float32)
    centre, radius, turn = (
        INPUT_SIZE / 2.0 + rng.uniform(-20, 20, 2),
        rng.uniform(50.0, 105.0),
        rng.uniform(0, 180),
    )
    for _ in range(int(rng.integers(2, 14))):
        axes = (int(radius), int(radius * rng.uniform(0.5, 1.0)))
        at = (int(centre[0]), int(centre[1]))
        cv2.ellipse(picture, at, axes, turn, 0, 360, float(rng.random()), int(rng.choice([-1, -1, 2, 5])))
        radius = max(radius * rng.uniform(0.4, 0.95), 4.0)
        centre = centre + rng.uniform(-0.4, 0.4, 2) * radius
    grain = cv2.GaussianBlur(_normal(rng), (0, 0), rng.uniform(0.5, 3.0))
    blurred = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 2.5))
    return blurred + grain * np.float32(rng.uniform(0.0, 0.3)) * blurred


def _draw(picture: Picture, rng: Rng, value: float, size: float) -> None:
    x, y = (int(number) for number in rng.uniform(0, INPUT_SIZE, 2))
    kind = rng.random()
    axes = (max(int(size), 1), max(int(size * rng.uniform(0.3, 1.0)), 1))
    if kind < 0.4:
        cv2.ellipse(picture, (x, y), axes, rng.uniform(0, 180), 0, 360, value, -1)
    elif kind < 0.7:
        corners = cv2.boxPoints(((x, y), (2.0 * axes[0], 2.0 * axes[1]), rng.uniform(0, 90)))
        cv2.fillPoly(picture, [corners.astype(np.int32)], value)
    elif kind < 0.9:
        corners = np.array([x, y]) + rng.normal(0.0, size, (int(rng.integers(3, 7)), 2))
        cv2.fillPoly(picture, [corners.astype(np.int32)], value)
    else:
        to = tuple(int(number) for number in rng.normal((x, y), 3.0 * size))
        cv2.line(picture, (x, y), to, value, int(rng.integers(1, 6)), cv2.LINE_AA)


def _normal(rng: Rng) -> Picture:
    return rng.standard_normal((INPUT_SIZE, INPUT_SIZE)).astype(np.float32)


def _stretch(values: NDArray[np.floating], rng: Rng) -> Picture:
    """Bring values to a random range within [0, 1]."""
    low, high = np.sort(rng.choice([0.0, 1.0, *rng.random(2)], 2, replace=False))
    unit = (values - values.min()) / max(float(np.ptp(values)), 1e-9)
    return np.asarray(low + unit * (high - low), dtype=np.float32)


MAKERS: Mapping[str, Maker] = MappingProxyType(
    {
        "flat": _flat,
        "noise": _noise,
        "cloud": _cloud,
        "gradient": _gradient,
        "grating": _grating,
        "text": _text,
        "shapes": _shapes,
        "leaves": _leaves,
        "cells": _cells,
    }
)
"""Kinds that are drawn from nothing."""

KINDS: tuple[str, ...] = (*MAKERS, *SPOILERS)
"""Every kind, in the order in which they are made."""
