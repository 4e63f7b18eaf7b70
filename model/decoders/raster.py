"""PNG and JPEG files, as grey or colour values.

Pillow is told the one format to try, so that no other of its readers sees a byte of ours, and our own size
check comes before a pixel is decoded. It reads no JPEG of 12 bits and no lossless one: those go to
imagecodecs.
"""

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from model.decoders.codestream import FrameHeader, read_jpeg_header
from model.errors import BadPixels, ScanError, TooLarge, Unreadable
from model.limits import Limits
from model.signatures import PNG_SIGNATURE

Values = NDArray[np.uint8] | NDArray[np.uint16]
_LOSSLESS = 0xC3


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """A file whose size is known and allowed.

    Attributes
    ----------
    rows, columns : int
        As stored, before EXIF orientation.
    decode : callable
        Gives the pixels, shape (rows, columns) or (rows, columns, 3), uint8 or uint16, upright by EXIF,
        transparency laid over black, and the number of bits that count; raises BadPixels.
    """

    rows: int
    columns: int
    decode: Callable[[], tuple[Values, int]]


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
        limits.check(*_png_size(data), 1)
    else:
        header = _jpeg_header(data)
        limits.check(header.rows, header.columns, 1)
        if header.precision != 8 or header.marker == _LOSSLESS:
            return Raster(header.rows, header.columns, lambda: _decode_deep_jpeg(data, header))
    try:
        picture = Image.open(io.BytesIO(data), formats=[kind.upper()])
    except Image.DecompressionBombError:
        raise TooLarge("more pixels than Pillow decodes; reduce the picture") from None
    except (OSError, SyntaxError, ValueError, IndexError, KeyError, TypeError, EOFError):
        raise Unreadable(f"the header of the {kind.upper()} file cannot be read; export it again") from None
    return Raster(picture.height, picture.width, lambda: _decode(picture, kind, data))


def _png_size(data: bytes) -> tuple[int, int]:
    """Read rows and columns out of IHDR, which stands first."""
    if len(data) < 24 or data[12:16] != b"IHDR":
        raise Unreadable("the header of the PNG file cannot be read; export it again")
    columns, rows = struct.unpack_from(">LL", data, 16)
    return rows, columns


def _jpeg_header(data: bytes) -> FrameHeader:
    try:
        return read_jpeg_header(data)
    except ScanError:
        raise Unreadable("the header of the JPEG file cannot be read; export it again") from None


def _decode(picture: Image.Image, kind: Literal["png", "jpeg"], data: bytes) -> tuple[Values, int]:
    if kind == "png":
        _check_png(data)
    try:
        if kind == "jpeg":
            picture.draft("L", None)  # libjpeg's own luma, with no way round by RGB
        return _values(_upright(picture))
    except (OSError, SyntaxError, ValueError):
        raise BadPixels from None


def _check_png(data: bytes) -> None:
    """Compare the checksums of the chunks that pixels need; Pillow passes over that of IDAT."""
    view, place = memoryview(data), len(PNG_SIGNATURE)
    while place + 12 <= len(data):
        end = place + 8 + struct.unpack_from(">L", data, place)[0]
        name = data[place + 4 : place + 8]
        if name[:1].isupper() and data[end : end + 4] != zlib.crc32(view[place + 4 : end]).to_bytes(4, "big"):
            raise BadPixels("a checksum of the PNG file is wrong; send it again")
        if name == b"IEND":
            return
        place = end + 4


def _upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # noqa: BLE001  # a malformed EXIF block is no reason to refuse a sound picture
        return picture


def _values(picture: Image.Image) -> tuple[Values, int]:
    if picture.mode.startswith("I"):
        grey = np.clip(np.asarray(picture), 0, 65535).astype(np.uint16)
        transparent = picture.info.get("transparency")
        if isinstance(transparent, int):
            grey[grey == transparent] = 0
        return grey, 16
    if picture.mode in ("1", "L") and "transparency" not in picture.info:
        return np.asarray(picture.convert("L")), 8
    if picture.mode in ("LA", "PA", "RGBA") or "transparency" in picture.info:
        black = Image.new("RGBA", picture.size, "black")
        picture = Image.alpha_composite(black, picture.convert("RGBA"))
    return np.asarray(picture.convert("RGB")), 8


def _decode_deep_jpeg(data: bytes, header: FrameHeader) -> tuple[Values, int]:
    import imagecodecs

    lossless = header.marker == _LOSSLESS
    if header.samples != 1 or not (lossless or header.precision == 12):
        raise BadPixels("a JPEG of a kind that is not read; convert it")
    pixels = imagecodecs.jpegsof3_decode(data) if lossless else imagecodecs.jpeg8_decode(data)
    if pixels.shape != (header.rows, header.columns):
        raise BadPixels("the decoded picture has another shape than its header says; export it again")
    return pixels, header.precision
