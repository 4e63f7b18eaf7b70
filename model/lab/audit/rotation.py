"""Which pictures are one picture turned, mirrored, inverted or re-encoded: found exactly, then verified.

A picture is squeezed into a square and its inscribed circle sampled along rings. A turn about the centre then
is a shift along the rings, so that the correlation at every angle is one Fourier transform. The sum of the
product of the amplitudes bounds it from above: pairs below the bound are left out without a miss.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from model.lab.audit.agreement import Agreement, agreement

SIDE: Final = 224
"""Side of the square that pictures are compared in, in pixels."""

CANDIDATE: Final = 0.93
"""From this correlation of the rings on, a pair is verified."""

_RINGS: Final = 32
_ANGLES: Final = 128
_FINE: Final = 512
_CENTRE: Final = (SIDE - 1) / 2
_RADIUS: Final = 0.96 * SIDE / 2
_CHUNK: Final = 512
_LARGEST_SHIFT: Final = 0.02 * SIDE

Square = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Turn:
    """How a second picture lies against a first one.

    Attributes
    ----------
    first, second : int
        Places of the two among the squares.
    correlation : float
        Of their rings, at the best angle; negative ones of inverted pictures are given without their sign.
    angle : float
        By how much the second is turned, clockwise, in degrees; after mirroring, if it is mirrored.
    is_mirrored : bool
    """

    first: int
    second: int
    correlation: float
    angle: float
    is_mirrored: bool


def square(picture: NDArray[np.uint16]) -> Square:
    """Squeeze a picture into the square that pictures are compared in.

    Series of rotated copies were made from squeezed pictures, so the aspect is given up.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), uint16

    Returns
    -------
    ndarray, shape (224, 224), uint8
    """
    small = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray((small.astype(np.uint32) + 128) // 257, np.uint8)


def central(picture: NDArray[np.uint16]) -> Square:
    """Take the largest square out of the middle of a picture, aspect kept.

    A picture that is not square and was turned as it is has its copy found here; `square` finds those that
    were squeezed first.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), uint16

    Returns
    -------
    ndarray, shape (224, 224), uint8
    """
    side = min(picture.shape)
    top, left = ((length - side) // 2 for length in picture.shape)
    return square(picture[top : top + side, left : left + side])


def ring_spectra(squares: NDArray[np.uint8]) -> NDArray[np.complex64]:
    """Transform the rings of pictures, so that products of the results are correlations at every angle.

    Parameters
    ----------
    squares : ndarray, shape (n, 224, 224), uint8

    Returns
    -------
    ndarray, shape (n, rings, frequencies), complex64
        Of unit energy; zero for a constant picture.
    """
    radius = (np.arange(_RINGS) + 0.5) / _RINGS * _RADIUS
    angle = np.arange(_ANGLES) * 2 * np.pi / _ANGLES
    across = (_CENTRE + radius[:, None] * np.cos(angle)).astype(np.float32)
    down = (_CENTRE + radius[:, None] * np.sin(angle)).astype(np.float32)
    area = np.sqrt(radius / radius.sum())[:, None]
    spectra = np.zeros((len(squares), _RINGS, _ANGLES // 2 + 1), np.complex64)
    for index, picture in enumerate(squares):
        rings = np.zeros((_RINGS, _ANGLES))
        for tones in (picture.astype(np.float32), _ranks(picture)):
            smooth = cv2.GaussianBlur(tones, (0, 0), 1.0)
            rings += _standardised(cv2.remap(smooth, across, down, cv2.INTER_LINEAR), area)
        energy = float(np.sqrt((rings * rings).sum()))
        if energy > 0:
            spectra[index] = np.fft.rfft(rings / energy, axis=1)
    return spectra


def _standardised(rings: NDArray[Any], area: NDArray[np.floating]) -> NDArray[np.float64]:
    centred = rings - (rings * area**2).sum() / _ANGLES
    weighted = centred * area
    norm = float(np.sqrt((weighted * weighted).sum()))
    return np.asarray(weighted / norm if norm > 1e-3 else 0 * weighted, np.float64)


def _ranks(picture: Square) -> NDArray[np.float32]:
    """Return each grey value its share of darker ones, so that another tone curve changes nothing."""
    counts = np.bincount(picture.ravel(), minlength=256)
    share = (np.cumsum(counts) - counts / 2) / picture.size
    return np.asarray(share[picture], np.float32)


def similar_pairs(
    spectra: NDArray[np.complex64],
    on_progress: Callable[[int], None] = lambda _: None,
    known: NDArray[np.bool_] | None = None,
) -> Iterator[Turn]:
    """Find each pair of pictures whose rings correlate at some angle, mirrored and inverted ones included.

    Parameters
    ----------
    spectra : ndarray, shape (n, rings, frequencies), complex64
    on_progress : callable
        Called with how many of the pictures are through.
    known : ndarray, shape (n,), bool, optional
        Pictures that need no comparison with each other.

    Yields
    ------
    Turn
        From `CANDIDATE` on; the better of straight and mirrored.
    """
    count, _, frequencies = spectra.shape
    twice = np.full(frequencies, 2.0)
    twice[0] = twice[-1] = 1.0
    amplitudes = (np.abs(spectra) * np.sqrt(twice / _ANGLES)).astype(np.float32).reshape(count, -1)
    rows = max(1, min(256, (1 << 25) // max(1, count)))
    for start in range(0, count, rows):
        bound = amplitudes[start : start + rows] @ amplitudes[start:].T
        wanted = np.triu(bound >= CANDIDATE, 1)
        if known is not None:
            wanted &= ~(known[start : start + rows, None] & known[None, start:])
        first, second = np.nonzero(wanted)
        for chunk in range(0, len(first), _CHUNK):
            part = slice(chunk, chunk + _CHUNK)
            yield from _turns(spectra, first[part] + start, second[part] + start)
        on_progress(min(start + rows, count))


def _turns(
    spectra: NDArray[np.complex64], first: NDArray[np.intp], second: NDArray[np.intp]
) -> Iterator[Turn]:
    one, other = np.conj(spectra[first]), spectra[second]
    signs = (-1.0) ** np.arange(spectra.shape[2], dtype=np.float32)
    cross = np.stack([(one * other).sum(1), (one * np.conj(other)).sum(1) * signs])
    curves = np.fft.irfft(cross, n=_FINE, axis=2) * (_FINE / _ANGLES)  # trigonometric interpolation
    size = np.abs(curves)
    peak = size.argmax(2)
    height = np.take_along_axis(size, peak[..., None], 2)[..., 0]
    mirrored = height[1] > height[0]
    best = np.where(mirrored, height[1], height[0])
    for index in np.nonzero(best >= CANDIDATE)[0]:
        turned = float(peak[int(mirrored[index]), index]) * 360.0 / _FINE
        yield Turn(int(first[index]), int(second[index]), float(best[index]), turned, bool(mirrored[index]))


def verify_turn(first: Square, second: Square, turn: Turn) -> Agreement | None:
    """Lay a second picture on a first one to a fraction of a pixel, and measure how they agree.

    Parameters
    ----------
    first, second : ndarray, shape (224, 224), uint8
    turn : Turn
        Where to begin.

    Returns
    -------
    Agreement or None
        Over the inscribed circle, which no turn cuts; None if the best place is not about the same centre.
    """
    if turn.is_mirrored:
        second = np.ascontiguousarray(second[:, ::-1])
    angle = np.deg2rad(turn.angle)
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = np.full(2, _CENTRE)
    start = np.column_stack([turned, centre - turned @ centre]).astype(np.float32)
    circle = inscribed_circle()
    found = agreement(first, _laid(second, start), circle > 0)
    if found.is_same:
        return found
    matrix = refine(first, second, start, circle, cv2.MOTION_EUCLIDEAN)
    if np.abs(matrix @ np.append(centre, 1.0) - centre).max() > _LARGEST_SHIFT:
        return None
    return agreement(first, _laid(second, matrix), circle > 0)


def _laid(picture: Square, matrix: NDArray[np.float32]) -> Square:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpAffine(picture, matrix, (SIDE, SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(laid, np.uint8)


def inscribed_circle() -> NDArray[np.uint8]:
    """Return the circle that turning leaves whole; 255 inside.

    Returns
    -------
    ndarray, shape (SIDE, SIDE), uint8
    """
    down, across = np.mgrid[:SIDE, :SIDE] - _CENTRE
    return np.where(across**2 + down**2 <= _RADIUS**2, 255, 0).astype(np.uint8)


def refine(
    first: Square,
    second: Square,
    start: NDArray[np.float32],
    mask: NDArray[np.uint8],
    motion: int,
) -> NDArray[np.float32]:
    """Improve how a second picture is laid on a first; the start if nothing better is found.

    Parameters
    ----------
    first, second : Square
    start : ndarray, shape (2, 3), float32
        The affine map to begin with.
    mask : ndarray, shape (SIDE, SIDE), uint8
        Pixels that count; 0: not.
    motion : int
        As of `cv2.findTransformECC`.

    Returns
    -------
    ndarray, shape (2, 3), float32

    References
    ----------
    Evangelidis and Psarakis 2008, IEEE TPAMI 30(10): enhanced correlation coefficient.
    """
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 1e-4)
    try:
        _, matrix = cv2.findTransformECC(first, second, start.copy(), motion, criteria, mask, 5)
    except cv2.error:  # it says so when it does not converge
        return start
    return np.asarray(matrix, np.float32)
