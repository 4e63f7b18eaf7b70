"""PNG files, at the depth they were written with.

Only the chunks that make up the pixels are handed to libpng, so that no text, profile or time stamp of a
file from outside is read by it. Pillow, which reads other PNG well, cuts 16-bit colours to 8.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.advice import Advice
from model.errors import BadPixels, Unreadable
from model.reading.decoders.orientation import exif_orientation, upright
from model.reading.decoders.picture import Picture, aspect_of_densities
from model.reading.signatures import PNG_SIGNATURE

RANGE_UNUSED = "png_range_unused"
"""A category of warnings: a 16-bit PNG has fewer bits, by its sBIT chunk or largest value, and is shown by
them."""

_DEPTHS = MappingProxyType({0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)})
_PIXEL_CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_COLOUR_SPACES = frozenset({b"sRGB", b"iCCP", b"cICP"})
_USED = _PIXEL_CHUNKS | _COLOUR_SPACES | {b"gAMA", b"eXIf", b"pHYs", b"sBIT"}
_USUAL_BITS = (8, 10, 12, 14)  # of detectors
_DISPLAY_EXPONENT = 2.2
_LEAST_CORRECTION = 0.05  # what libpng, too, calls no difference


@dataclass(frozen=True, slots=True)
class PngHeader:
    """IHDR.

    Attributes
    ----------
    rows, columns : int
        May be 0, which no picture can have.
    bits : {1, 2, 4, 8, 16}
        Of a value.
    """

    rows: int
    columns: int
    bits: int


def read_png_header(data: bytes) -> PngHeader:
    """Read IHDR, which stands first.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    PngHeader

    Raises
    ------
    Unreadable
        There is none, or it describes what PNG does not know.

    References
    ----------
    PNG (ISO/IEC 15948) 11.2.2.
    """
    if len(data) >= 33 and data[8:16] == b"\x00\x00\x00\x0dIHDR":
        columns, rows, bits, colour, *methods, interlace = struct.unpack_from(">LLBBBBB", data, 16)
        if bits in _DEPTHS.get(colour, ()) and methods == [0, 0] and interlace in (0, 1):
            return PngHeader(rows, columns, bits)
    if data[12:16] == b"CgBI":
        raise Unreadable("a PNG of Apple's CgBI kind, which is no PNG for others", advice=Advice.CONVERT)
    raise Unreadable("the header of the PNG file cannot be read")


def decode_png(data: bytes) -> Picture:
    """Decode a PNG file whose size is known and allowed; of an animation, the picture that stands for it.

    Parameters
    ----------
    data : bytes
        The whole file.

    Returns
    -------
    Picture
        16 bits where the file has them, or a gamma that is not a display's, which is corrected then; fewer
        bits become 8. Colour profiles are not applied. Of grey in 16 bits whose highest ones are not used,
        the bits of the detector count.

    Raises
    ------
    BadPixels
        A checksum is wrong, or the pixels are damaged.

    References
    ----------
    PNG (ISO/IEC 15948) 11.3.2.2 gAMA, 13.13 Gamma correction, 13.16 Alpha; 11.3.4.6 eXIf.
    """
    import imagecodecs

    pixel_chunks: list[bytes | memoryview] = [PNG_SIGNATURE]
    others: dict[bytes, bytes] = {}
    for name, whole in _chunks(data):
        if name in _PIXEL_CHUNKS:
            pixel_chunks.append(whole)
        else:
            others[name] = bytes(whole[8:-4])
    try:
        pixels = imagecodecs.png_decode(b"".join(pixel_chunks))
    except imagecodecs.PngError:
        raise BadPixels("the pixels of the PNG file are damaged") from None
    colours, alpha = _split(pixels)
    if not others.keys() & _COLOUR_SPACES:
        colours = _corrected(colours, others.get(b"gAMA", b""))
    if alpha is not None:
        colours = _over_black(colours, alpha)
    warnings: set[str] = set()
    aspect = _pixel_aspect(others.get(b"pHYs", b""), warnings)
    turned = upright(colours, exif_orientation(others.get(b"eXIf", b"")))
    if turned.shape[:2] != colours.shape[:2]:
        aspect = 1 / aspect
    bits = _used_bits(colours, others.get(b"sBIT", b""))
    if bits != 8 * colours.itemsize:
        warnings.add(RANGE_UNUSED)
    return Picture(turned, bits, aspect, tuple(warnings))


def _pixel_aspect(physical: bytes, warnings: set[str]) -> float:
    if len(physical) != 9:
        return 1.0
    across, down = struct.unpack_from(">LL", physical)
    return aspect_of_densities(across, down, warnings)


def _used_bits(colours: NDArray[Any], significant: bytes) -> int:
    """Return how many bits of grey are used: a radiograph of 12 bits is black when it is shown as one of 16.

    References
    ----------
    PNG (ISO/IEC 15948) 11.3.2.4 sBIT, 13.12 Sample depth rescaling: a sound file has scaled its values up.
    """
    if colours.dtype != np.uint16 or colours.ndim != 2:
        return 8 * colours.itemsize
    used = int(colours.max()).bit_length()
    if used == 0:
        return 16
    declared = significant[0] if significant else 16
    if used <= declared < 16:
        return declared
    return next((bits for bits in _USUAL_BITS if used <= bits), 16)


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Return the chunks that are used, up to IEND, after comparing their checksums."""
    view, place = memoryview(data), len(PNG_SIGNATURE)
    while place + 12 <= len(data):
        end = place + 12 + struct.unpack_from(">L", data, place)[0]
        name = data[place + 4 : place + 8]
        is_critical = name[:1].isupper()
        if name in _USED or is_critical:
            whole = view[place:end]
            if zlib.crc32(whole[4:-4]).to_bytes(4, "big") != whole[-4:]:
                raise BadPixels("a checksum of the PNG file is wrong")
            if name in _USED:
                yield name, whole
        if name == b"IEND":
            return
        place = end


def _split(pixels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Part colours from alpha; grey keeps two dimensions."""
    if pixels.ndim == 2:
        return pixels, None
    samples = pixels.shape[2]
    colours = pixels[..., 0] if samples < 3 else pixels[..., :3]
    return colours, pixels[..., -1] if samples in (2, 4) else None


def _corrected(colours: NDArray[Any], gamma: bytes) -> NDArray[Any]:
    """Undo a gamma that is not a display's."""
    encoded = int.from_bytes(gamma, "big") / 100_000 if len(gamma) == 4 else 0
    exponent = 1 / (encoded * _DISPLAY_EXPONENT) if encoded else 1.0
    if abs(exponent - 1) < _LEAST_CORRECTION:
        return colours
    levels = 1 << 8 * colours.itemsize
    table = np.rint((np.arange(levels) / (levels - 1)) ** exponent * 65535).astype(np.uint16)
    corrected: NDArray[np.uint16] = table[colours]
    return corrected


def _over_black(colours: NDArray[Any], alpha: NDArray[Any]) -> NDArray[Any]:
    most = np.uint32(np.iinfo(alpha.dtype).max)
    share = alpha if colours.ndim == 2 else alpha[..., None]
    shown: NDArray[Any] = ((colours * share.astype(np.uint32) + most // 2) // most).astype(colours.dtype)
    return shown
