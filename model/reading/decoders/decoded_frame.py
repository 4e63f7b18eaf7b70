"""What a decoder gives, and how its shape is made to agree with the header."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.advice import Advice
from model.errors import BadPixels
from model.reading.decoders.layout import PixelLayout

BITS_CONTRADICTED = "bits_stored_contradicts"
"""A category of warnings: the picture takes more bits than Bits Stored says."""
SIGN_CONTRADICTED = "pixel_representation_contradicts"
"""A category of warnings: the codestream's values are signed, and the header says that they are not."""

_ROWS_LOOKED_AT = 64
_SMOOTHER = 0.8
_LEAST_TURNS = 0.001  # of all neighbours; smooth films of 12 bits under Bits Stored 10 have 0.0037


@dataclass(frozen=True, slots=True, eq=False)
class DecodedFrame:
    """One decoded frame.

    Attributes
    ----------
    pixels : ndarray, shape (rows, columns) or (rows, columns, 3)
        Stored values: integers in the machine's byte order, or floating point.
    photometric_interpretation : str
        Of `pixels`: what a decoder has changed is no longer as in the header.
    bits_stored : int
        Bits of each value that count.
    high_bit : int
        Place of the highest of them.
    warnings : tuple of str
        What was odd, by category.
    """

    pixels: NDArray[Any]
    photometric_interpretation: str
    bits_stored: int
    high_bit: int
    warnings: tuple[str, ...] = ()


def require_size(layout: PixelLayout, rows: int, columns: int, samples: int) -> None:
    """Compare what an encoded frame says of itself with the header, before it is decoded.

    Parameters
    ----------
    layout : PixelLayout
    rows, columns, samples : int

    Raises
    ------
    BadPixels
        They differ.
    """
    if (rows, columns, samples) != (layout.rows, layout.columns, layout.samples):
        raise BadPixels("the encoded picture has another size than the header says", advice=Advice.EXPORT)


def require_shape(layout: PixelLayout, pixels: NDArray[Any]) -> NDArray[Any]:
    """Check the shape of decoded pixels.

    Parameters
    ----------
    layout : PixelLayout
    pixels : ndarray, Any

    Returns
    -------
    ndarray, Any

    Raises
    ------
    BadPixels
        It is not the header's.
    """
    shape = (layout.rows, layout.columns) if layout.samples == 1 else (layout.rows, layout.columns, 3)
    if pixels.shape != shape:
        raise BadPixels("the decoded picture has another shape than the header says", advice=Advice.EXPORT)
    return pixels


class Counting(NamedTuple):
    """Which bits of decoded values count; the end of a `DecodedFrame`.

    Attributes
    ----------
    bits_stored, high_bit, warnings
        As those of `DecodedFrame`.
    """

    bits_stored: int
    high_bit: int
    warnings: tuple[str, ...] = ()


def counting_bits(
    pixels: NDArray[Any], layout: PixelLayout, precision: int, *, is_exact: bool = True
) -> Counting:
    """Say which bits of values count.

    Those of the header, where values have more: what stands beside them is no part of the picture, be it
    rubbish or an overlay. So do DCMTK, and pydicom from 3.1 on; GDCM believes JPEG 2000 before the header.
    But where a picture goes on in the bits above, the header is wrong: without them neighbours differ by
    whole turns of the range. Errors of a lossy codestream may carry white over the header's highest value,
    and would make it black: of such a one all bits count.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns) or (rows, columns, 3)
        As stored.
    layout : PixelLayout
    precision : int
        Bits a value of the codestream, or those allocated.
    is_exact : bool
        The values are as they were before encoding.

    Returns
    -------
    Counting

    References
    ----------
    PS3.5 8.1.1 Pixel Data Encoding of Related Data Elements.
    """
    if not is_exact or layout.high_bit >= precision:
        return Counting(precision, precision - 1)
    more = _bits_of_picture(pixels, layout, precision)
    if more:
        return Counting(more, more - 1, warnings=(BITS_CONTRADICTED,))
    return Counting(layout.bits_stored, layout.high_bit)


def _bits_of_picture(pixels: NDArray[Any], layout: PixelLayout, precision: int) -> int:
    """Return the bits that a picture takes which goes on above Bits Stored; 0 if it does not.

    Only values that begin with the lowest bit are looked at, some rows of them.
    """
    is_padded = layout.is_signed and precision != 8 * pixels.itemsize
    if layout.high_bit != layout.bits_stored - 1 or pixels.dtype.kind not in "ui" or is_padded:
        return 0
    kind = f"{'i' if layout.is_signed else 'u'}{pixels.itemsize}"
    rows = np.ascontiguousarray(pixels[:: max(1, len(pixels) // _ROWS_LOOKED_AT)]).view(kind)
    half = 1 << (layout.bits_stored - 1)
    low, high = (-half, half - 1) if layout.is_signed else (0, 2 * half - 1)
    lowest, highest = int(rows.min()), int(rows.max())
    if low <= lowest and highest <= (high if lowest < 0 else 2 * half - 1):  # signs need not be extended
        return 0
    whole = rows.astype(np.int64)
    inside = (whole - low) % (2 * half) + low
    steps, steps_inside = np.abs(np.diff(whole, axis=1)), np.abs(np.diff(inside, axis=1))
    turns = np.mean((steps_inside > half) & (steps < half))
    if turns < _LEAST_TURNS or _roughness(steps, whole) >= _SMOOTHER * _roughness(steps_inside, inside):
        return 0
    return precision if layout.is_signed else int(pixels.max()).bit_length()


def _roughness(steps: NDArray[np.int64], values: NDArray[np.int64]) -> float:
    """Compare what neighbours differ by with what all values differ by: of rubbish both are alike."""
    return float(steps.mean() / max(np.abs(values - values.mean()).mean(), 1e-9))
