"""What the network's input is, and the version of the way to it; no decoder is imported to know."""

from collections.abc import Collection
from typing import Final

INPUT_SIZE: Final = 224
"""Rows and columns of the network's input."""
HALF_SIZE: Final = "half_size"
"""A category of warnings: a frame was decoded at half its size, as a setting allowed."""
PIPELINE_VERSION: Final = "3"
"""Changes whenever bytes can give another input; predictions of another version are not reused."""
MEASURED_ALIKE: Final = frozenset({PIPELINE_VERSION, "2"})
"""Versions whose releases' figures hold here: what they were measured on gives the same inputs."""


def pipeline_version(warnings: Collection[str]) -> str:
    """Return the version of the way that a scan took.

    Parameters
    ----------
    warnings : collection of str
        Those of the scan: one that was decoded at half size took another way.

    Returns
    -------
    str
        ``3`` or ``3-half``.
    """
    return f"{PIPELINE_VERSION}-half" if HALF_SIZE in warnings else PIPELINE_VERSION
