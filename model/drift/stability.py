"""Whether two distributions are the same: the population stability index, and what chance alone makes it.

References
----------
B. Yurdakul, J. Naranjo: Statistical properties of the population stability index. Journal of Risk Model
Validation 14(4), 2020: with n and m values in k classes it is about (1/n + 1/m) times a chi-square of k - 1.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

_RARE: Final = 3.0902  # of a normal variable: passed by chance once in a thousand times


def stability_index(counts: Sequence[float], expected: Sequence[float], reference_size: float) -> float:
    """Compare counts of now with shares of a reference.

    Parameters
    ----------
    counts : sequence of float
        How many values fell into each class.
    expected : sequence of float
        The share of each class in the reference; they sum to 1.
    reference_size : float
        How many values those shares came from; half a value is added to each class of both, so that an empty
        class is finite.

    Returns
    -------
    float
        0 for equal shares; by custom less than 0.1 is steady and more than 0.25 has moved.
    """
    now = np.asarray(counts, float) + 0.5
    before = np.asarray(expected, float) * reference_size + 0.5
    now, before = now / now.sum(), before / before.sum()
    return float(((now - before) * np.log(now / before)).sum())


def index_by_chance(size: float, reference_size: float, classes: int) -> float:
    """Return the index that samples of one population pass once in a thousand times.

    Parameters
    ----------
    size, reference_size : float
        How many values of each, more than 0.
    classes : int
        At least 2.

    Returns
    -------
    float
        Infinity for fewer than two classes: nothing can move.

    Notes
    -----
    The quantile of chi-square is that of Wilson and Hilferty, within 3 % here.
    """
    freedom = classes - 1
    if freedom < 1:
        return float("inf")
    part = 2 / (9 * freedom)
    quantile = freedom * (1 - part + _RARE * part**0.5) ** 3
    return float((1 / size + 1 / reference_size) * quantile)
