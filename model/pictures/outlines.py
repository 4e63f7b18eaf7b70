"""Outlines of what raised a score, to be laid over a picture in a browser."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.pictures.evidence_region import outline_evidence

_SIDE: Final = 1000


def draw_outlines(heat_map: NDArray[np.floating]) -> bytes:
    """Draw the outlines of a map's regions alone, for the square that the network saw.

    Parameters
    ----------
    heat_map : ndarray, shape (cells, cells)
        Evidence by place in the network's square input.

    Returns
    -------
    bytes
        SVG, transparent but for the lines, each bright between two dark ones, so that it shows on any film.

    References
    ----------
    SVG 2, W3C.
    """
    outlines = outline_evidence(heat_map, _SIDE, _SIDE, 1.0)
    points = [" ".join(f"{column:g},{row:g}" for column, row in outline) for outline in outlines]
    lines = "".join(
        f'<polyline points="{path}" stroke="{colour}" stroke-width="{width}"/>'
        for colour, width in (("#000", 7), ("#ffd400", 3))
        for path in points
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIDE} {_SIDE}" width="{_SIDE}" '
        f'height="{_SIDE}"><g fill="none" stroke-linejoin="round">{lines}</g></svg>'
    ).encode()
