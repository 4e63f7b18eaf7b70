"""What a decoder gives, and how its shape is made to agree with the header."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from model.errors import BadPixels
from model.reading.decoders.layout import PixelLayout


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
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
    """

    pixels: NDArray[Any]
    photometric_interpretation: str
    bits_stored: int
    high_bit: int


def require_size(layout: PixelLayout, rows: int, columns: int, samples: int) -> None:
    """Compare what an encoded frame says of itself with the header, before it is decoded.

    Raises
    ------
    BadPixels
        They differ.
    """
    if (rows, columns, samples) != (layout.rows, layout.columns, layout.samples):
        raise BadPixels("the encoded picture has another size than the header says; export it again")


def require_shape(layout: PixelLayout, pixels: NDArray[Any]) -> NDArray[Any]:
    """Check the shape of decoded pixels.

    Raises
    ------
    BadPixels
        It is not the header's.
    """
    shape = (layout.rows, layout.columns) if layout.samples == 1 else (layout.rows, layout.columns, 3)
    if pixels.shape != shape:
        raise BadPixels("the decoded picture has another shape than the header says; export it again")
    return pixels


def counting_bits(layout: PixelLayout, precision: int, *, is_exact: bool) -> tuple[int, int]:
    """Say which bits of values out of a codestream count.

    Those of the header, where the codestream has more: what stands beside them is no part of the picture, be
    it rubbish or an overlay. So do DCMTK, and pydicom from 3.1 on; GDCM believes JPEG 2000 before the header.
    Errors of a lossy codestream may carry white over the header's highest value, and would make it black:
    of such a one all bits count.

    Parameters
    ----------
    layout : PixelLayout
    precision : int
        Bits a value of the codestream.
    is_exact : bool
        The codestream is lossless.

    Returns
    -------
    bits_stored, high_bit : int

    References
    ----------
    PS3.5 8.1.1 Pixel Data Encoding of Related Data Elements.
    """
    if is_exact and layout.high_bit < precision:
        return layout.bits_stored, layout.high_bit
    return precision, precision - 1
