"""The class activation map, drawn over the picture that it was made from.

The map shows which places raised the score. It shows neither that there is a fracture, nor where it ends.

References
----------
Zhou et al. 2016, arXiv:1512.04150: class activation maps.
Smith and van der Walt 2015, inferno: a colour map whose steps look equal.
"""

from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.pictures.write import to_8_bit
from model.reading.network_input import INPUT_SIZE
from model.reading.preprocess import letterbox

LEGEND = "what raised the score"
LEGEND_OF_NOTHING = "no place raised the score"
LEGEND_OF_ABSTAINED = "abstained: this means nothing"

_STRONGEST = 0.6
"""Share of colour where the evidence is greatest; the picture shows through everywhere."""

_LEAST_SCALE = 1.0
"""Logits: weaker evidence than this is never drawn in the strongest colour."""

_LEAST_WIDTH = 200
_FONT = cv2.FONT_HERSHEY_SIMPLEX

Grey = NDArray[np.uint16]
Colour = NDArray[np.uint8]


def read_map(content: bytes) -> NDArray[np.float32]:
    """Read a map as predictions hold it: square, float32, little endian, row by row.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    ndarray, shape (cells, cells), float32

    Raises
    ------
    ValueError
        The bytes are no square of numbers.
    """
    values = np.frombuffer(content, "<f4")
    cells = round(values.size**0.5)
    return values.reshape(cells, cells).astype(np.float32)


def spread_map(heat_map: NDArray[np.floating], rows: int, columns: int) -> NDArray[np.float32]:
    """Return the evidence at each pixel of a picture, undoing the letterbox.

    Parameters
    ----------
    heat_map : ndarray, shape (cells, cells)
        Evidence by place in the network's square input, each cell an equal share of it.
    rows, columns : int
        Size of the picture, at least 1.

    Returns
    -------
    ndarray, shape (rows, columns), float32
        Linear between the centres of the cells, constant outside of them; cells of the padding are left out.
    """
    cells = heat_map.shape[0]
    box = letterbox(rows, columns)
    down = _share_of_cells(rows, box.top, box.height, cells)
    across = _share_of_cells(columns, box.left, box.width, cells)
    return np.asarray(down @ heat_map.astype(np.float64) @ across.T, dtype=np.float32)


def _share_of_cells(pixels: int, first: int, length: int, cells: int) -> NDArray[np.float64]:
    """Give how much each cell counts for each pixel along one axis, shape (pixels, cells).

    The picture's `pixels` became input pixels `first` to `first + length`; edges map to edges.
    """
    inputs = first + (np.arange(pixels) + 0.5) * length / pixels
    places = np.clip(inputs * cells / INPUT_SIZE - 0.5, 0.0, cells - 1.0)
    return np.maximum(1.0 - np.abs(places[:, None] - np.arange(cells)[None]), 0.0)


def lay_over(picture: Grey, heat_map: NDArray[np.floating], legend: str = LEGEND) -> Colour:
    """Draw a map over its picture, with a legend below.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), uint16
        Display values, 0 black, 65535 white.
    heat_map : ndarray, shape (cells, cells)
        Of this picture.
    legend : str
        What the colours mean, below the picture.

    Returns
    -------
    ndarray, shape (rows + legend, at least columns, 3), uint8
        Red, green, blue; the picture lies in its upper left corner at full size. Where the evidence is 0 or
        less nothing is drawn.
    """
    rows, columns = picture.shape
    evidence = np.maximum(spread_map(heat_map, rows, columns), 0.0)
    greatest = max(float(evidence.max()), _LEAST_SCALE)
    legend = legend if raises_anywhere(heat_map) or legend != LEGEND else LEGEND_OF_NOTHING
    unit = evidence / greatest
    grey = np.repeat(to_8_bit(picture)[..., None], 3, axis=2)
    share = (unit * _STRONGEST)[..., None]
    mixed = np.round(grey * (1.0 - share) + colours_of(unit) * share).astype(np.uint8)
    return _with_legend(mixed, greatest, legend)


def write_overlay(
    picture: Grey, heat_map: NDArray[np.floating], path: Path | BinaryIO, legend: str = LEGEND
) -> None:
    """Write what `lay_over` draws as a PNG.

    Parameters
    ----------
    picture, heat_map, legend
        See `lay_over`.
    path : Path or binary file
        The file; replaced if it is there.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    Image.fromarray(lay_over(picture, heat_map, legend)).save(path, format="PNG")


def raises_anywhere(heat_map: NDArray[np.floating]) -> bool:
    """Return whether a map has a place that counts for a fracture; without one nothing is drawn.

    Parameters
    ----------
    heat_map : ndarray, shape (cells, cells)

    Returns
    -------
    bool
    """
    return bool((heat_map > 0.0).any())


def draw_map(heat_map: NDArray[np.floating], side: int = 256) -> bytes:
    """Draw a map alone, to be laid over its picture: transparent where there is no evidence.

    Parameters
    ----------
    heat_map : ndarray, shape (cells, cells)
        Evidence by place in the network's square input.
    side : int
        Pixels a side.

    Returns
    -------
    bytes
        A PNG, red, green, blue and opacity, of the whole square: the picture lies in its middle, and one of
        its sides is as long.
    """
    evidence = np.maximum(spread_map(heat_map, side, side), 0.0)
    unit = evidence / max(float(evidence.max()), _LEAST_SCALE)
    opacity = np.round(unit * 255.0).astype(np.uint8)
    drawn = BytesIO()
    Image.fromarray(np.dstack([colours_of(unit), opacity])).save(drawn, format="PNG")
    return drawn.getvalue()


def colours_of(unit: NDArray[np.floating]) -> Colour:
    """Map numbers to colours: inferno, dark to bright.

    Parameters
    ----------
    unit : ndarray, any shape, floating
        In [0, 1]; others are clipped.

    Returns
    -------
    ndarray, shape (..., 3), uint8
        Red, green, blue.
    """
    levels = np.round(np.clip(unit, 0.0, 1.0) * 255.0).astype(np.uint8)
    coloured = cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)
    return np.ascontiguousarray(coloured[..., ::-1], dtype=np.uint8)


def _with_legend(drawn: Colour, greatest: float, legend: str) -> Colour:
    """Put a strip below: the colours from none to the greatest evidence, in logits, and what they mean."""
    rows, columns = drawn.shape[:2]
    width = max(columns, _LEAST_WIDTH)
    height = max(width // 16, 24)
    page = np.zeros((rows + height, width, 3), np.uint8)
    page[:rows, :columns] = drawn
    bar = max(width // 4, 1)
    page[rows + height // 4 : rows + height - height // 4, :bar] = colours_of(np.linspace(0.0, 1.0, bar))[
        None
    ]
    scale, thick = height / 48.0, max(height // 40, 1)
    text = f"{legend} (0 to {greatest:.1f})"
    (long, _), _ = cv2.getTextSize(text, _FONT, scale, thick)
    scale *= min(1.0, (width - bar - 8) / max(long, 1))
    at = (bar + 4, rows + height - height // 3)
    cv2.putText(page, text, at, _FONT, scale, (255, 255, 255), thick, cv2.LINE_AA)
    return page
