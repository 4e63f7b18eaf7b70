"""PNG and JPEG files, as grey or colour values; our own size check comes before a pixel is decoded.

Pillow reads JPEG, and is restricted to it, so that no other of its readers sees a byte of ours. It reads none
of 12 bits and no lossless one: those go to imagecodecs, as PNG does.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image, ImageOps

from model.advice import Advice
from model.errors import BadPixels, ScanError, TooLarge, Unreadable
from model.reading.decoders.jpeg_header import FrameHeader, read_jpeg_header, require_few_scans
from model.reading.decoders.picture import Picture, aspect_of_densities
from model.reading.decoders.png import decode_png, read_png_header
from model.reading.limits import Limits

_LOSSLESS = 0xC3


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """A file whose size is known and allowed.

    Attributes
    ----------
    rows, columns : int
        As stored, before EXIF orientation.
    decode : callable
        Gives the `Picture`; raises BadPixels.
    """

    rows: int
    columns: int
    decode: Callable[[], Picture]


def open_raster(data: bytes, kind: Literal["png", "jpeg"], limits: Limits) -> Raster:
    """Read the size of a PNG or JPEG file and check it; no pixel is decoded.

    Parameters
    ----------
    data : bytes
        The whole file.
    kind : {"png", "jpeg"}
        What its signature says.
    limits : Limits

    Returns
    -------
    Raster

    Raises
    ------
    Unreadable
        The file has no readable header.
    TooLarge
        More pixels than `limits`, or Pillow, allow.
    """
    if kind == "png":
        png = read_png_header(data)
        limits.check(png.rows, png.columns, 1)
        return Raster(png.rows, png.columns, lambda: decode_png(data))
    header = _jpeg_header(data)
    limits.check(header.rows, header.columns, 1)
    require_few_scans(data, header)
    if header.precision != 8 or header.marker == _LOSSLESS:
        return Raster(header.rows, header.columns, lambda: _decode_deep_jpeg(data, header))
    try:
        picture = Image.open(io.BytesIO(data), formats=["JPEG"])
    except Image.DecompressionBombError:
        raise TooLarge("more pixels than Pillow decodes", advice=Advice.REDUCE) from None
    except (OSError, SyntaxError, ValueError, IndexError, KeyError, TypeError, EOFError):
        raise Unreadable("the header of the JPEG file cannot be read") from None
    return Raster(picture.height, picture.width, lambda: _decode_jpeg(picture))


def _jpeg_header(data: bytes) -> FrameHeader:
    try:
        return read_jpeg_header(data)
    except ScanError:
        raise Unreadable("the header of the JPEG file cannot be read") from None


def _decode_jpeg(picture: Image.Image) -> Picture:
    warnings: set[str] = set()
    across, down = picture.info.get("jfif_density", (1, 1))
    aspect = aspect_of_densities(across, down, warnings)
    try:
        picture.draft("L", None)  # libjpeg's own luma, with no way round by RGB
        turned = _upright(picture)
        if turned.size != picture.size:
            aspect = 1 / aspect
        values = np.asarray(turned if turned.mode == "L" else turned.convert("RGB"))
        return Picture(values, 8, aspect, tuple(warnings))
    except (OSError, SyntaxError, ValueError):
        raise BadPixels from None


def _upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # noqa: BLE001  # a malformed EXIF block is no reason to refuse a sound picture
        return picture


def _decode_deep_jpeg(data: bytes, header: FrameHeader) -> Picture:
    import imagecodecs

    from model.reading.decoders.jpeg_lossless import decode_pixels

    lossless = header.marker == _LOSSLESS
    if header.samples != 1 or not (lossless or header.precision == 12):
        raise BadPixels("a JPEG of a kind that is not read", advice=Advice.CONVERT)
    pixels = decode_pixels(data, header.samples) if lossless else imagecodecs.jpeg8_decode(data)
    if pixels.shape != (header.rows, header.columns):
        raise BadPixels("the decoded picture has another shape than its header says", advice=Advice.EXPORT)
    return Picture(pixels, header.precision)
