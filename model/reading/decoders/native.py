"""Uncompressed pixels: Implicit and Explicit VR, little and big endian, also after inflating."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.advice import Advice
from model.errors import BadHeader, BadPixels
from model.reading.decoders.decoded_frame import DecodedFrame, counting_bits, require_shape
from model.reading.decoders.layout import PixelLayout


def decode_native(
    pixel_bytes: bytes | memoryview,
    layout: PixelLayout,
    index: int,
    *,
    is_big_endian: bool = False,
    has_words: bool = False,
) -> DecodedFrame:
    """Take one frame out of native pixel data.

    Parameters
    ----------
    pixel_bytes : bytes or memoryview
        The value of the pixel data element, all frames.
    layout : PixelLayout
    index : int
        Which frame, from 0.
    is_big_endian : bool
        The data set's byte order.
    has_words : bool
        The value representation is OW: in big endian the bytes of pixels below 16 bits are swapped in pairs.

    Returns
    -------
    DecodedFrame

    Raises
    ------
    BadHeader
        Pixels share colours in pairs, but a row does not end with a pair.
    BadPixels
        Fewer bytes than the frame needs.

    References
    ----------
    PS3.5 8.1.1, 8.2 and Annex D (12 bits allocated: only until 1998); PS3.3 C.7.6.3.1.2 (YBR_FULL_422) and
    C.7.6.3.1.3 (planar configuration).
    """
    first, last = index * layout.frame_bits, (index + 1) * layout.frame_bits
    view = memoryview(pixel_bytes)
    if len(view) * 8 < last:
        raise BadPixels("there are fewer pixels than the header says", advice=Advice.EXPORT)
    is_swapped = is_big_endian and has_words
    values: NDArray[Any]
    if layout.bits_allocated == 1:
        packed = _bytes(view, first // 8, -(-last // 8), is_swapped=is_swapped)
        values = np.unpackbits(packed, bitorder="little")[first % 8 :][: last - first]
    elif layout.bits_allocated == 8:
        values = _bytes(view, first // 8, last // 8, is_swapped=is_swapped)
    elif layout.bits_allocated == 12:
        packed = _bytes(view, first // 24 * 3, -(-last // 8), is_swapped=is_swapped)
        values = _unpacked_12(packed)[first // 12 % 2 :][: (last - first) // 12]
    else:
        kind = "f" if layout.is_float else "u"
        stored = np.dtype(f"{'>' if is_big_endian else '<'}{kind}{layout.bits_allocated // 8}")
        values = np.frombuffer(view[first // 8 : last // 8], stored)
        values = values.astype(stored.newbyteorder("="), copy=False)
    pixels = require_shape(layout, _shaped(values, layout))
    counting = counting_bits(pixels, layout, layout.bits_allocated)
    return DecodedFrame(pixels, layout.photometric_interpretation, *counting)


def _bytes(view: memoryview, first: int, last: int, *, is_swapped: bool) -> NDArray[np.uint8]:
    """Take bytes out of words of either byte order."""
    if not is_swapped:
        return np.frombuffer(view[first:last], np.uint8)
    start = first - first % 2
    pairs = np.frombuffer(view[start : min(last + last % 2, len(view) - len(view) % 2)], np.uint8)
    return np.ascontiguousarray(pairs.reshape(-1, 2)[:, ::-1]).reshape(-1)[first - start :][: last - first]


def _unpacked_12(packed: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Unpack values of 12 bits, two in three bytes, the lowest bits first, as ACR-NEMA has them."""
    triples = np.zeros((-(-len(packed) // 3), 3), np.uint16)
    triples.reshape(-1)[: len(packed)] = packed
    low, middle, high = triples.T
    return np.stack([low | (middle & 15) << 8, middle >> 4 | high << 4], axis=-1).reshape(-1)


def _shaped(values: NDArray[Any], layout: PixelLayout) -> NDArray[Any]:
    rows, columns = layout.rows, layout.columns
    if layout.samples == 1:
        return values.reshape(rows, columns)
    if layout.has_shared_colours:  # Y1 Y2 Cb Cr for each two pixels
        if columns % 2:
            raise BadHeader("two pixels share their colour, but the number of columns is odd")
        groups = values.reshape(-1, 4)
        pixels = np.empty((rows * columns, 3), values.dtype)
        pixels[0::2, 0], pixels[1::2, 0] = groups[:, 0], groups[:, 1]
        pixels[:, 1:] = np.repeat(groups[:, 2:], 2, axis=0)
        return pixels.reshape(rows, columns, 3)
    if layout.is_planar:
        return values.reshape(3, rows, columns).transpose(1, 2, 0)
    return values.reshape(rows, columns, 3)
