"""The frames of a scan that its model classified: which made the answer, and what is drawn of each."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from model.pictures.heat_map import raises_anywhere, read_map

if TYPE_CHECKING:
    from storage.scan_detail import ScanDetail


def answered_frames(detail: "ScanDetail") -> list[dict[str, Any]]:
    """Return the rows of the frames that the model of the answer classified.

    Parameters
    ----------
    detail : ScanDetail

    Returns
    -------
    list of dict
        By frame.
    """
    return [dict(row) for row in detail.predictions if row["model_id"] == detail.scan["model_id"]]


def deciding_frame(detail: "ScanDetail") -> dict[str, Any] | None:
    """Return the row of the frame that made a scan's answer.

    Parameters
    ----------
    detail : ScanDetail

    Returns
    -------
    dict or None
        Of the frames with the scan's decision the most probable; None if no frame was classified.
    """
    frames = answered_frames(detail)
    alike = [one for one in frames if one["decision"] == detail.scan["decision"]]
    return max(alike or frames, key=lambda one: one["probability"], default=None)


def the_deciding_first(detail: "ScanDetail") -> list[dict[str, Any]]:
    """Put the frame that made the answer before the others.

    Parameters
    ----------
    detail : ScanDetail

    Returns
    -------
    list of dict
        The others by frame.
    """
    deciding = deciding_frame(detail)
    return sorted(answered_frames(detail), key=lambda one: (one != deciding, one["frame"]))


def with_map(frame: Mapping[str, Any]) -> dict[str, Any]:
    """Say of a frame whether it has a heat map, and whether anything is drawn of it.

    Parameters
    ----------
    frame : mapping
        Its row.

    Returns
    -------
    dict
        The row, with `has_map` and `raises`.
    """
    stored = frame["heat_map"]
    raises = stored is not None and raises_anywhere(read_map(stored))
    return {**frame, "has_map": stored is not None, "raises": raises}
