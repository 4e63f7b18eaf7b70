"""Many small pictures on one sheet, so that a person sees at a glance what a figure is made of."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from model.reading.preprocess import preprocess

_GAP = 4
_LINE = 13
_FONT_SIZE = 11
_PAPER, _INK = 32, 235


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """One picture of a sheet.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), uint16
        Display values of any size, 0 black, 65535 white.
    lines : tuple of str
        What stands under it; never a patient's name or number. What is too long is cut.
    """

    picture: NDArray[np.uint16]
    lines: tuple[str, ...] = ()


def contact_sheet(tiles: Sequence[Tile], title: str = "", *, columns: int = 6, side: int = 160) -> bytes:
    """Lay pictures out in rows.

    Parameters
    ----------
    tiles : sequence of Tile
        In reading order; with none the sheet holds its title alone.
    title : str
    columns : int
        Pictures in a row, at least 1.
    side : int
        Each picture's square, in pixels; aspect kept, black around it.

    Returns
    -------
    bytes
        A grey 8-bit PNG.
    """
    lines = max((len(tile.lines) for tile in tiles), default=0)
    cell = side + lines * _LINE + _GAP
    head = _LINE + 2 * _GAP if title else _GAP
    rows = -(-len(tiles) // columns)
    size = (_GAP + columns * (side + _GAP), head + rows * cell + _GAP)
    sheet = Image.new("L", size, _PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(_FONT_SIZE)
    draw.text((_GAP, _GAP), title, fill=_INK, font=font)
    for place, tile in enumerate(tiles):
        left = _GAP + (place % columns) * (side + _GAP)
        top = head + (place // columns) * cell
        square = (preprocess(tile.picture, side) >> 8).astype(np.uint8)
        sheet.paste(Image.fromarray(square), (left, top))
        for number, line in enumerate(tile.lines):
            fitted = _fit(line, side, font)
            draw.text((left, top + side + number * _LINE), fitted, fill=_INK, font=font)
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _fit(line: str, width: int, font: ImageFont.ImageFont | ImageFont.FreeTypeFont) -> str:
    """Cut a line to the width of its picture."""
    while line and font.getlength(line) > width:
        line = line[:-1]
    return line
