"""The elements of a DICOM data set that say how to show its pixels, read and checked."""

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model.errors import BadHeader
from model.reading.display import LookupTable, Rescale, Window, WindowFunction

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


NARROW_TABLE = "lut_entries_narrow"
"""A category of warnings: no entry of a table reaches the bits that its descriptor says."""

_NO_MODALITY_LUT = frozenset(
    "1.2.840.10008.5.1.4.1.1." + last for last in ("12.1", "12.2", "12.3")
)  # X-Ray Angiographic, X-Ray Radiofluoroscopic, biplane


_TABLE_BITS = 16
_NARROW_BITS = 12  # a palette of 16 bits whose entries have no more than these


def modality_of(
    dataset: "Dataset", warnings: set[str], *, is_signed: bool = False
) -> Rescale | LookupTable | None:
    """Read the Modality LUT module, or the item of a functional group that stands for it.

    Parameters
    ----------
    dataset : pydicom.dataset.Dataset
    warnings : set of str
        Categories are added to it.
    is_signed : bool
        Stored values are, and with them the first that a table maps.

    Returns
    -------
    Rescale or LookupTable or None

    Raises
    ------
    BadHeader
        Slope or intercept is no finite number, or a LUT has no data.
    """
    table = _lookup_table(dataset, "ModalityLUTSequence", warnings, is_signed=is_signed)
    if table is not None:
        return table
    if dataset.get("RescaleSlope") is None and dataset.get("RescaleIntercept") is None:
        return None
    try:
        slope = float(_or(dataset.get("RescaleSlope"), 1.0))
        intercept = float(_or(dataset.get("RescaleIntercept"), 0.0))
    except (TypeError, ValueError):
        slope = intercept = math.nan
    if not (math.isfinite(slope) and math.isfinite(intercept)) or max(abs(slope), abs(intercept)) > 1e30:
        raise BadHeader("rescale slope and intercept are no finite numbers")
    if slope == 0:  # some equipment writes 0 where it means "none"; taken as 1, as other readers do
        warnings.add("rescale_slope_zero")
        slope = 1.0
    return Rescale(slope, intercept)


def has_display_modality(sop_class_uid: str | None) -> bool:
    """Return whether the Modality LUT of a class is for display.

    That of X-ray angiography and fluoroscopy leads back to the intensity of the beam.

    Parameters
    ----------
    sop_class_uid : str or None

    Returns
    -------
    bool

    References
    ----------
    PS3.3 C.8.7.1.1.2 Pixel Intensity Relationship.
    """
    return sop_class_uid not in _NO_MODALITY_LUT


def voi_of(dataset: "Dataset", warnings: set[str], *, is_signed: bool = False) -> LookupTable | Window | None:
    """Read the VOI LUT module: its table if there is one, else the first window that has a meaning.

    Parameters
    ----------
    dataset, warnings
        As in `modality_of`.
    is_signed : bool
        Modality values may be negative, and with them the first that the table maps.

    Returns
    -------
    LookupTable or Window or None
    """
    try:
        table = _lookup_table(dataset, "VOILUTSequence", warnings, is_signed=is_signed)
    except BadHeader:
        warnings.add("voi_lut_ignored")
        table = None
    if table is not None:
        return table
    centers, widths = _numbers(dataset, "WindowCenter"), _numbers(dataset, "WindowWidth")
    name = str(dataset.get("VOILUTFunction") or "LINEAR").strip().upper()
    function: WindowFunction = "LINEAR"
    if name == "SIGMOID":
        function = "SIGMOID"
    elif name == "LINEAR_EXACT":
        function = "LINEAR_EXACT"
    least = 1.0 if function == "LINEAR" else 1e-12  # PS3.3 C.11.2.1.2.1 and .3.2
    for center, width in zip(centers, widths, strict=False):
        if abs(center) < 1e30 and least <= width < 1e30:  # NaN fails both
            return Window(center, width, function)
    if centers or widths:
        warnings.add("window_ignored")
    return None


def polarity_of(dataset: "Dataset", photometric_interpretation: str, warnings: set[str]) -> str:
    """Read which end of the scale is white, as MONOCHROME1 or MONOCHROME2.

    Presentation LUT Shape and Photometric Interpretation say the same thing in sound files, so there is one
    inversion at most. Where they contradict each other the shape wins, as in DCMTK and dcm4che.

    Parameters
    ----------
    dataset : Dataset
    photometric_interpretation : str
    warnings : set of str

    Returns
    -------
    str

    References
    ----------
    PS3.3 C.8.11.3.1.2 and C.11.6 Presentation LUT Shape, C.7.6.3.1.2 Photometric Interpretation.
    """
    shape = str(dataset.get("PresentationLUTShape") or "").strip().upper()
    meant = {"INVERSE": "MONOCHROME1", "IDENTITY": "MONOCHROME2"}.get(shape, photometric_interpretation)
    if meant != photometric_interpretation:
        warnings.add("presentation_lut_shape_contradicts")
    return meant


def padding_of(dataset: "Dataset", bits_allocated: int, *, is_signed: bool) -> tuple[int, int] | None:
    """Read Pixel Padding Value and its range limit, lowest first.

    They have the sign of the pixels, whatever their own value representation says: the bits are the same.

    Parameters
    ----------
    dataset : Dataset
    bits_allocated : int
    is_signed : bool

    Returns
    -------
    tuple of (int, int) or None

    References
    ----------
    PS3.3 C.7.5.1.1.2 Pixel Padding Value.
    """
    value, limit = dataset.get("PixelPaddingValue"), dataset.get("PixelPaddingRangeLimit")
    try:
        if value is None or value == "":
            return None
        ends = [_in_sign(int(end), bits_allocated, is_signed=is_signed) for end in (value, _or(limit, value))]
    except (TypeError, ValueError):
        return None
    return min(ends), max(ends)


def palette_of(dataset: "Dataset", bits_stored: int, warnings: set[str]) -> NDArray[np.uint16]:
    """Build the red, green and blue of each stored value; entries narrower than declared are scaled.

    Parameters
    ----------
    dataset : Dataset
    bits_stored : int
    warnings : set of str

    Returns
    -------
    ndarray, uint16

    Raises
    ------
    BadHeader
        The tables are missing or malformed.
    """
    from pydicom.pixels.processing import apply_color_lut

    if bits_stored > 16:
        raise BadHeader("a palette picture of more than 16 bits")
    stored = np.arange(1 << bits_stored, dtype=np.uint8 if bits_stored <= 8 else np.uint16)
    try:
        colours = apply_color_lut(stored, dataset)[:, :3]
    except Exception:  # noqa: BLE001  # pydicom raises many classes for bad tables
        raise BadHeader("the palette is missing or malformed") from None
    if colours.dtype.itemsize == 1:
        return colours.astype(np.uint16) * 257
    largest = max(int(colours.max()), 1)
    if largest.bit_length() > _NARROW_BITS:
        return colours.astype(np.uint16)
    warnings.add(NARROW_TABLE)
    return np.rint(colours * (65535 / ((1 << largest.bit_length()) - 1))).astype(np.uint16)


def _in_sign(value: int, bits: int, *, is_signed: bool) -> int:
    """Read the lowest bits of a number anew, as signed or unsigned."""
    half = 1 << (bits - 1)
    if -half <= value < 2 * half:
        return (value + half) % (2 * half) - half if is_signed else value % (2 * half)
    return value


def _lookup_table(
    dataset: "Dataset", keyword: str, warnings: set[str], *, is_signed: bool
) -> LookupTable | None:
    try:
        sequence = dataset.get(keyword)
        if not sequence:
            return None
        item = sequence[0]
        count, first, bits = (int(v) for v in item.LUTDescriptor)
        data = item.LUTData
        count = count or 1 << 16  # PS3.3 C.11.1.1.1: 0 stands for 65536
        if isinstance(data, bytes):
            order = ">" if dataset.original_encoding[1] is False else "<"
            kind = "u1" if len(data) <= count + 1 else f"{order}u2"
            entries = np.frombuffer(data[: len(data) - len(data) % np.dtype(kind).itemsize], kind)
        else:
            entries = np.atleast_1d(np.asarray(data, np.int64))
        entries = (entries[:count].astype(np.int64) & 0xFFFF).astype(np.uint16)
    except Exception:  # noqa: BLE001  # a malformed item fails in as many ways as it has elements
        raise BadHeader(f"{keyword} is malformed") from None
    if not len(entries):
        raise BadHeader(f"{keyword} has no data")
    largest = max(int(entries.max()), 1)
    if keyword == "VOILUTSequence" and largest.bit_length() < bits <= _TABLE_BITS:
        warnings.add(NARROW_TABLE)
    else:
        largest = max(largest, (1 << bits) - 1 if 1 <= bits <= _TABLE_BITS else 0)
    first = _in_sign(first, _TABLE_BITS, is_signed=is_signed)
    return LookupTable(first, entries, (1 << largest.bit_length()) - 1)


def _numbers(dataset: "Dataset", keyword: str) -> list[float]:
    try:
        value = dataset.get(keyword)
        if value is None or value == "":
            return []
        if isinstance(value, (str, float, int)):
            return [float(value)]
        return [float(v) for v in value]
    except (TypeError, ValueError):
        return [math.nan]


def _or(value: object, default: object) -> "str | float":
    return default if value is None or value == "" else value  # type: ignore[return-value]
