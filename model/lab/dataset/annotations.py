"""What a manifest may say of a picture besides its label: region, hardware, batch, boxes around fractures."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

COLUMNS = ("batch", "region", "hardware", "boxes")
"""Columns of a manifest that annotate a picture."""

_YES_NO = {"0": False, "1": True}


@dataclass(frozen=True, slots=True)
class Box:
    """An upright box around a fracture, in shares of the picture's width and height.

    Parameters
    ----------
    left, top : float
        Of its upper left corner, in [0, 1].
    width, height : float
        Above 0; the box ends within the picture.
    """

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Annotations:
    """What is known of a picture; None where the manifest does not say.

    Parameters
    ----------
    region : str or None
        Part of the body: `hand`, `leg`, `hip`, `shoulder`; several with + between them.
    hardware : bool or None
        Whether nails, plates or fixators are seen.
    batch : str or None
        Which part of its collection it came with. A batch with one label only says nothing about fractures.
    boxes : tuple of Box or None
        One for each fracture; empty where there is none.
    """

    region: str | None = None
    hardware: bool | None = None
    batch: str | None = None
    boxes: tuple[Box, ...] | None = None


def read_annotations(row: Mapping[str, str]) -> Annotations:
    """Read the optional columns `region`, `hardware`, `batch` and `boxes` of a manifest's row.

    Parameters
    ----------
    row : mapping of str to str
        An absent column and an empty value both mean that it is not known.

    Returns
    -------
    Annotations

    Raises
    ------
    ValueError
        A value is none of those that the column takes; the message names the column, and says what it takes.
    """
    hardware = row.get("hardware") or None
    if hardware is not None and hardware not in _YES_NO:
        raise ValueError("the column hardware takes 0 or 1, or nothing where it is not known")
    boxes = row.get("boxes") or None
    return Annotations(
        region=row.get("region") or None,
        hardware=None if hardware is None else _YES_NO[hardware],
        batch=row.get("batch") or None,
        boxes=None if boxes is None else _read_boxes(boxes),
    )


def _read_boxes(text: str) -> tuple[Box, ...]:
    """Read a JSON list of [left, top, width, height]."""
    try:
        boxes = tuple(Box(*(float(number) for number in box)) for box in json.loads(text))
        if all(_lies_within(box) for box in boxes):
            return boxes
    except (ValueError, TypeError, RecursionError):
        pass
    raise ValueError(
        "the column boxes takes a JSON list of [left, top, width, height], each a share of the picture "
        "between 0 and 1, or nothing where no boxes were drawn"
    ) from None


_ROUNDING = 1e-3
"""Shares in tables are rounded: a box at the edge may end so far outside."""


def _lies_within(box: Box) -> bool:
    return all(
        math.isfinite(start) and start >= -_ROUNDING and length > 0.0 and start + length <= 1.0 + _ROUNDING
        for start, length in ((box.left, box.width), (box.top, box.height))
    )
