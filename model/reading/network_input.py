"""What the network's input is, and the version of the way to it; no decoder is imported to know."""

from collections.abc import Collection, Sequence
from typing import Final

INPUT_SIZE: Final = 224
"""Rows and columns of the network's input."""
REDUCED: Final = "reduced"
"""Among the signs of a scan: a frame was decoded at a lower resolution, as a setting allows. No warning:
nothing is odd about the scan, and the version of its way says it."""
PIPELINE_VERSION: Final = "3"
"""Changes whenever bytes can give another input; predictions of another version are not reused."""
MEASURED_ALIKE: Final = frozenset({PIPELINE_VERSION, "2"})
"""Versions whose releases' figures hold here: what they were measured on gives the same inputs."""


def pipeline_version(signs: Collection[str]) -> str:
    """Return the version of the way that a scan took.

    Parameters
    ----------
    signs : collection of str
        Those of the scan: one that was decoded at a lower resolution took another way.

    Returns
    -------
    str
        ``3`` or ``3-reduced``; ``3-half`` was another way, of older rows.
    """
    return f"{PIPELINE_VERSION}-reduced" if REDUCED in signs else PIPELINE_VERSION


def odd_signs(signs: Sequence[str]) -> tuple[str, ...]:
    """Return what a person is to be warned of.

    Parameters
    ----------
    signs : sequence of str
        Those of the scan.

    Returns
    -------
    tuple of str
    """
    return tuple(sign for sign in signs if sign != REDUCED)


def least_side(input_size: int) -> int:
    """Return how long the longer side of a frame has to stay where it is decoded at a lower resolution.

    Parameters
    ----------
    input_size : int
        Rows and columns of the network's input.

    Returns
    -------
    int
        Pixels: four and a half times as long, at which probabilities were shown to stay nearly as they are;
        at half of that they move by up to 0.018.
    """
    return input_size * 9 // 2
