"""The elements of a DICOM data set that say which pixels are seen, and what shape they have."""

import math
from typing import TYPE_CHECKING

from model.reading.display import Shutter, believed_aspect

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")
_SIDES = ("UpperHorizontal", "LowerHorizontal", "LeftVertical", "RightVertical")
_LEAST_CORNERS = 3


def pixel_aspect_of(dataset: "Dataset", measures: "Dataset", warnings: set[str]) -> float:
    """Read the height of a pixel over its width: Pixel Aspect Ratio, else the first spacing that is there.

    Parameters
    ----------
    dataset : pydicom.dataset.Dataset
    measures : pydicom.dataset.Dataset
        Where Pixel Spacing stands: the data set, or a functional group.
    warnings : set of str
        As in `believed_aspect`.

    Returns
    -------
    float
        1 where nothing is given, or nothing that can be believed.

    References
    ----------
    PS3.3 C.7.6.3.1.7 Pixel Aspect Ratio, 10.7.1 Pixel Spacing Macro.
    """
    for source, keyword in ((dataset, "PixelAspectRatio"), *((measures, name) for name in _SPACINGS)):
        numbers = _numbers(source, keyword)
        if len(numbers) != 2 or not all(number > 0 for number in numbers):
            continue
        return believed_aspect(numbers[0], numbers[1], warnings)
    return 1.0


def shutter_of(dataset: "Dataset", rows: int, columns: int, warnings: set[str]) -> Shutter | None:
    """Read the Display Shutter module; places count from 1 in the file.

    Parameters
    ----------
    dataset : pydicom.dataset.Dataset
    rows, columns : int
        Of the picture.
    warnings : set of str
        Gets `shutter_ignored` where no shape that is named has the places that it needs, or shows anything.

    Returns
    -------
    Shutter or None

    References
    ----------
    PS3.3 C.7.6.11 Display Shutter.
    """
    named = dataset.get("ShutterShape")
    if not named:
        return None
    shapes = {named} if isinstance(named, str) else {str(shape) for shape in named}
    rectangle = circle = None
    polygon: tuple[tuple[float, float], ...] = ()
    if "RECTANGULAR" in shapes:
        rectangle = _rectangle(dataset, rows, columns)
    if "CIRCULAR" in shapes:
        circle = _circle(dataset, rows, columns)
    if "POLYGONAL" in shapes:
        polygon = _polygon(dataset, rows, columns)
    if rectangle is None and circle is None and not polygon:
        if shapes & {"RECTANGULAR", "CIRCULAR", "POLYGONAL"}:
            warnings.add("shutter_ignored")
        return None
    return Shutter((rows, columns), rectangle, circle, polygon)


def _rectangle(dataset: "Dataset", rows: int, columns: int) -> tuple[float, float, float, float] | None:
    sides = [_numbers(dataset, f"Shutter{side}Edge") for side in _SIDES]
    if not all(len(side) == 1 for side in sides):
        return None
    top, bottom, left, right = (side[0] - 1 for side in sides)
    shows = _meets(top, bottom, rows) and _meets(left, right, columns)
    return (top, bottom, left, right) if shows else None


def _meets(first: float, last: float, length: int) -> bool:
    """Return whether a stretch shows anything of a picture that is so long."""
    return min(last, length - 1) > max(first, 0)


def _circle(dataset: "Dataset", rows: int, columns: int) -> tuple[float, float, float] | None:
    centre, radius = (
        _numbers(dataset, "CenterOfCircularShutter"),
        _numbers(dataset, "RadiusOfCircularShutter"),
    )
    if len(centre) != 2 or len(radius) != 1 or radius[0] <= 0:
        return None
    row, column, reach = centre[0] - 1, centre[1] - 1, radius[0]
    shows = _meets(row - reach, row + reach, rows) and _meets(column - reach, column + reach, columns)
    return (row, column, reach) if shows else None


def _polygon(dataset: "Dataset", rows: int, columns: int) -> tuple[tuple[float, float], ...]:
    numbers = _numbers(dataset, "VerticesOfThePolygonalShutter")
    corners = tuple((row - 1, column - 1) for row, column in zip(numbers[::2], numbers[1::2], strict=False))
    if len(corners) < _LEAST_CORNERS:
        return ()
    down, across = zip(*corners, strict=True)
    shows = _meets(min(down), max(down), rows) and _meets(min(across), max(across), columns)
    return corners if shows else ()


def _numbers(dataset: "Dataset", keyword: str) -> list[float]:
    try:
        value = dataset.get(keyword)
        if value is None or value == "":
            return []
        found = [float(value)] if isinstance(value, (str, int, float)) else [float(one) for one in value]
    except (TypeError, ValueError):
        return []
    return found if all(math.isfinite(number) for number in found) else []
