"""What turns stored values into what a viewer shows, as numbers that are known to be sound."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

WindowFunction = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]

ASPECT_IGNORED = "pixel_aspect_ignored"
"""A category of warnings: the shape of a pixel is beyond belief."""
_MOST_ASPECT = 10.0


def believed_aspect(height: float, width: float, warnings: set[str]) -> float:
    """Return the height of a pixel over its width, if that can be believed.

    Parameters
    ----------
    height, width : float
        In one unit; above 0.
    warnings : set of str
        Gets `ASPECT_IGNORED` where a pixel would be more than ten times as long in one direction.

    Returns
    -------
    float
        Then 1.
    """
    aspect = height / width
    if 1 / _MOST_ASPECT <= aspect <= _MOST_ASPECT:
        return aspect
    warnings.add(ASPECT_IGNORED)
    return 1.0


@dataclass(frozen=True, slots=True)
class Rescale:
    """Modality value = slope x stored value + intercept; both finite, the slope not 0."""

    slope: float
    intercept: float


@dataclass(frozen=True, slots=True)
class Window:
    """A VOI window, in modality values; the width suits the function."""

    center: float
    width: float
    function: WindowFunction = "LINEAR"


@dataclass(frozen=True, slots=True, eq=False)
class LookupTable:
    """A Modality or VOI LUT.

    Attributes
    ----------
    first : int
        The input value that maps to `entries[0]`; what lies below maps there too, what lies above to the
        last.
    entries : ndarray, shape (n,), uint16
    maximum : int
        The highest output that the table may have.
    """

    first: int
    entries: NDArray[np.uint16]
    maximum: int


@dataclass(frozen=True, slots=True)
class Shutter:
    """What of a picture is to be seen; each part that is given hides what lies outside of it.

    Attributes
    ----------
    size : (int, int)
        Rows and columns of the picture that the rest is measured in.
    rectangle : (float, float, float, float) or None
        First and last row, first and last column that are seen, from 0.
    circle : (float, float, float) or None
        Row and column of the centre, from 0, and radius, in pixels.
    polygon : tuple of (float, float)
        Row and column of each corner, from 0.

    References
    ----------
    PS3.3 C.7.6.11 Display Shutter.
    """

    size: tuple[int, int]
    rectangle: tuple[float, float, float, float] | None = None
    circle: tuple[float, float, float] | None = None
    polygon: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Display:
    """How stored values become display values.

    Attributes
    ----------
    photometric_interpretation : str
        After decoding: a JPEG 2000 picture that the file calls YBR_RCT is RGB here. MONOCHROME1 says that the
        lowest value is white, whether the file says so by it or by its Presentation LUT Shape.
    bits_stored, high_bit : int
        As `PixelLayout`; of floating point values without meaning.
    is_signed : bool
    modality : Rescale, LookupTable or None
        None: the stored values are the modality values.
    voi : LookupTable, Window or None
        None: the range of display values is found from the picture, unless `is_display_ready`.
    palette : ndarray, shape (2 ** bits_stored, 3), uint16, or None
        Red, green and blue, 0 to 65535, of each stored value.
    padding : (int, int) or None
        Stored values from the first to the second are no picture, and are shown black.
    is_display_ready : bool
        The whole range of the stored values, then unsigned, is the range from black to white.
    shutter : Shutter or None
        What lies outside of it is shown black.
    pixel_aspect : float
        Height of a pixel over its width.

    References
    ----------
    PS3.3 C.11.1 Modality LUT, C.11.2 VOI LUT, C.7.6.3.1.5 and .6 Palette, C.7.5.1.1.2 Pixel Padding.
    """

    photometric_interpretation: str
    bits_stored: int
    high_bit: int
    is_signed: bool = False
    modality: Rescale | LookupTable | None = None
    voi: LookupTable | Window | None = None
    palette: NDArray[np.uint16] | None = None
    padding: tuple[int, int] | None = None
    is_display_ready: bool = False
    shutter: Shutter | None = None
    pixel_aspect: float = 1.0
