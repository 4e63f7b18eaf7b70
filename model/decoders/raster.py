"""PNG and JPEG files, opened by content, as grey or colour values.

Pillow is told the one format to try, so that no other of its readers sees a byte of ours; its own size check is
replaced by ours, which comes first.
"""

import io
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from model.errors import BadPixels
from model.layout import Limits


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """A decoded file.

    Attributes
    ----------
    pixels : ndarray, shape (rows, columns) or (rows, columns, 3), uint8 or uint16
        Upright by the EXIF orientation; transparency laid over black.
    bits : {8, 16}
        Bits a value.
    """

    pixels: NDArray[np.uint8] | NDArray[np.uint16]
    bits: Literal[8, 16]


def open_raster(data: bytes, kind: Literal["png", "jpeg"], limits: Limits) -> Image.Image:
    """Read the size of a PNG or JPEG file and check it; no pixel is decoded.

    Raises
    ------
    BadPixels
        The file has no readable header.
    TooLarge
        More pixels than `limits` allow.
    """
    try:
        picture = Image.open(io.BytesIO(data), formats=[kind.upper()])
    except Image.DecompressionBombError:
        raise
    except Exception:  # noqa: BLE001  # Pillow raises many classes for malformed chunks
        raise BadPixels(f"the header of the {kind.upper()} cannot be read; export it again") from None
    limits.check(picture.height, picture.width, 1)
    return picture


def decode_raster(picture: Image.Image) -> Raster:
    """Decode an opened file.

    Raises
    ------
    BadPixels
        The pixels cannot be decoded.
    """
    try:
        if picture.format == "JPEG":
            picture.draft("L", None)  # type: ignore[arg-type]  # libjpeg's own luma, without a way round by RGB
        upright = ImageOps.exif_transpose(picture)
        return _values(upright)
    except (OSError, SyntaxError, ValueError):
        raise BadPixels from None


def _values(picture: Image.Image) -> Raster:
    if picture.mode in ("I;16", "I;16B", "I;16L", "I"):
        values = np.asarray(picture)
        return Raster(np.clip(values, 0, 65535).astype(np.uint16), 16)
    if picture.mode in ("1", "L"):
        return Raster(np.asarray(picture.convert("L")), 8)
    has_alpha = picture.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in picture.info
    if has_alpha:
        black = Image.new("RGBA", picture.size, "black")
        picture = Image.alpha_composite(black, picture.convert("RGBA"))
    return Raster(np.asarray(picture.convert("RGB")), 8)
