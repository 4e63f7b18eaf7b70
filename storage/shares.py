"""Shares of counts, with the interval that counts so small allow."""

import math
from dataclasses import dataclass
from typing import Final

_Z: Final = 1.959964  # of the normal distribution, for 95 %


@dataclass(frozen=True, slots=True)
class Share:
    """How many of some, with Wilson's 95 % interval.

    Parameters
    ----------
    hits, count : int
        How many, and of how many.
    value, low, high : float
        The share and the ends of its interval, in [0, 1].
    """

    hits: int
    count: int
    value: float
    low: float
    high: float


def share(hits: int, count: int) -> Share | None:
    """Return a share with Wilson's 95 % interval; None of none.

    Parameters
    ----------
    hits, count : int

    Returns
    -------
    Share or None

    References
    ----------
    Wilson 1927, Journal of the American Statistical Association 22(158).
    """
    if not count:
        return None
    value, grown = hits / count, 1.0 + _Z**2 / count
    centre = (value + _Z**2 / (2 * count)) / grown
    half = _Z / grown * math.sqrt(value * (1.0 - value) / count + _Z**2 / (4 * count**2))
    return Share(hits, count, value, max(centre - half, 0.0), min(centre + half, 1.0))
