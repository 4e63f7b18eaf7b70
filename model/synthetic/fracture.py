"""A fracture drawn into the picture of a whole bone, to show one where no film of one may be shown."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_SMALL: int = 256  # rows and columns in which the soft tissue is estimated
_EDGE: float = 0.0006  # width of the step across the line, in picture heights: about a pixel
_ROUGHNESS: float = 0.004
_TEETH: int = 240  # points of the ragged line across the picture


@dataclass(frozen=True, slots=True)
class Break:
    """Where a bone breaks, and how far its lower part slips; lengths are shares of the picture's sides.

    Parameters
    ----------
    row, column : float
        The middle of the line.
    slope : float
        Rows by which the line falls for each column to the right.
    reach : float
        Half the width in which anything slips.
    slip : float
        Columns by which the lower part moves to the right just below the line.
    healing : float
        Rows below the line after which a third of the slip is left.
    widest_bone : float
        What is broader than this is soft tissue, and stays.
    """

    row: float
    column: float
    slope: float = 0.3
    reach: float = 0.08
    slip: float = 0.03
    healing: float = 0.25
    widest_bone: float = 0.1


def draw_break(picture: NDArray[np.uint16], place: Break, seed: int = 1) -> NDArray[np.uint16]:
    """Draw an oblique fracture with a slip into the picture of a long bone that stands upright.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), uint16
        0 black, 65535 white; at least 64 pixels a side. It stays as it is.
    place : Break
    seed : int
        Of the ragged line.

    Returns
    -------
    ndarray, shape (rows, columns), uint16
    """
    rows, columns = picture.shape
    tissue = _soft_tissue(picture, place.widest_bone)
    down, across = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : columns * 1j].astype(np.float32)
    ragged = np.random.default_rng(seed).uniform(-_ROUGHNESS, _ROUGHNESS, _TEETH)
    line = np.interp(across[0], np.linspace(0, 1, _TEETH), ragged)
    below = down - place.row - place.slope * (across - place.column) - line.astype(np.float32)
    slips = 1 / (1 + np.exp(-np.clip(below / _EDGE, -50, 50)))
    slips *= np.exp(-np.clip(below, 0, None) / place.healing)
    slips *= np.exp(-(((across - place.column) / place.reach) ** 4))
    moved = cv2.remap(
        picture - tissue,
        ((across - place.slip * slips) * (columns - 1)).astype(np.float32),
        down * (rows - 1),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    drawn: NDArray[np.uint16] = np.clip(np.rint(tissue + moved), 0, 65535).astype(np.uint16)
    return drawn


def _soft_tissue(picture: NDArray[np.uint16], widest_bone: float) -> NDArray[np.float32]:
    """Estimate the picture without its bones: what is bright and narrow is taken away."""
    rows, columns = picture.shape
    small = cv2.resize(picture.astype(np.float32), (_SMALL, _SMALL), interpolation=cv2.INTER_AREA)
    width = max(3, round(widest_bone * _SMALL) | 1)
    opened = cv2.morphologyEx(small, cv2.MORPH_OPEN, np.ones((1, width), np.uint8))
    smooth = cv2.GaussianBlur(opened, (0, 0), width / 8)
    return cv2.resize(smooth, (columns, rows), interpolation=cv2.INTER_LINEAR).astype(np.float32)
