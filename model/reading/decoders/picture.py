"""What the decoders of picture files give."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.reading.display import believed_aspect

Values = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded PNG or JPEG file.

    Attributes
    ----------
    values : ndarray, shape (rows, columns) or (rows, columns, 3), uint8 or uint16
        Upright by EXIF, what is transparent laid over black.
    bits : int
        Bits of each value that count.
    pixel_aspect : float
        Height of a pixel over its width.
    warnings : tuple of str
        What was odd, by category.
    """

    values: Values
    bits: int
    pixel_aspect: float = 1.0
    warnings: tuple[str, ...] = ()


def aspect_of_densities(across: float, down: float, warnings: set[str]) -> float:
    """Return the height of a pixel over its width from the pixels a unit of length in both directions.

    Parameters
    ----------
    across, down : float
    warnings : set of str
        As in `believed_aspect`.

    Returns
    -------
    float
        1 where a density is missing, or the two cannot be believed.

    References
    ----------
    ITU-T T.871 (JFIF) 10.1; PNG (ISO/IEC 15948) 11.3.5.3 pHYs.
    """
    if across <= 0 or down <= 0:
        return 1.0
    return believed_aspect(across, down, warnings)
