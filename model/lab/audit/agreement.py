"""Whether two pictures that lie on each other are one radiograph."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

SAME: Final = 0.97
"""Correlation over the overlap from which pictures are one: that of DATA.md's source groups."""

SAME_DETAIL: Final = 0.88
"""The same of the fine structure alone: another take of one limb agrees in outline, not in detail."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two pictures agree.

    Attributes
    ----------
    correlation : float
        Of grey values, after the best tone curve: copies are often shown with another one, or inverted.
    detail : float
        Of what is left between a blur of 1 and one of 8 pixels; without its sign.
    """

    correlation: float
    detail: float

    @property
    def is_same(self) -> bool:
        """One radiograph."""
        return self.correlation >= SAME and self.detail >= SAME_DETAIL


def agreement(first: NDArray[np.uint8], second: NDArray[np.uint8], where: NDArray[np.bool_]) -> Agreement:
    """Measure how two pictures agree.

    Parameters
    ----------
    first, second : ndarray, shape (rows, columns), uint8
    where : ndarray, shape (rows, columns), bool
        The overlap.

    Returns
    -------
    Agreement
    """
    if not where.any():
        return Agreement(0.0, 0.0)
    smooth = [cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 1.0) for picture in (first, second)]
    rough = [cv2.GaussianBlur(picture, (0, 0), 8.0) for picture in smooth]
    one, other = (picture[where].astype(np.float64) for picture in smooth)
    fine = [(a - b)[where].astype(np.float64) for a, b in zip(smooth, rough, strict=True)]
    toned = min(_tone_correlation(one, other), _tone_correlation(other, one))
    return Agreement(max(abs(_correlation(one, other)), toned), abs(_correlation(*fine)))


def _tone_correlation(values: NDArray[np.float64], tones: NDArray[np.float64]) -> float:
    """Correlate values with the best function of the tones: the root of the correlation ratio."""
    levels = np.clip(np.rint(tones / 2), 0, 127).astype(np.intp)
    counts = np.maximum(np.bincount(levels, minlength=128), 1)
    means = np.bincount(levels, values, 128) / counts
    spread = float(values.var())
    return float(np.sqrt(means[levels].var() / spread)) if spread > 1e-9 else 0.0


def _correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    first, second = first - first.mean(), second - second.mean()
    energy = float(np.sqrt((first * first).sum() * (second * second).sum()))
    return float((first * second).sum()) / energy if energy > 1e-9 else 0.0
