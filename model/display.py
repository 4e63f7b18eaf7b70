"""What turns stored values into what a viewer shows, taken from a data set once and checked there."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from model.errors import BadHeader

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

WindowFunction = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]


@dataclass(frozen=True, slots=True)
class Rescale:
    """Modality value = slope x stored value + intercept; both finite, the slope not 0."""

    slope: float
    intercept: float


@dataclass(frozen=True, slots=True)
class Window:
    """A VOI window, in modality values; the width suits the function."""

    center: float
    width: float
    function: WindowFunction = "LINEAR"


@dataclass(frozen=True, slots=True, eq=False)
class LookupTable:
    """A Modality or VOI LUT.

    Attributes
    ----------
    first : int
        The input value that maps to `entries[0]`; what lies below maps there too, what lies above to the last.
    entries : ndarray, shape (n,), uint16
    maximum : int
        The highest output that the table may have.
    """

    first: int
    entries: NDArray[np.uint16]
    maximum: int


@dataclass(frozen=True, slots=True, eq=False)
class Display:
    """How stored values become display values.

    Attributes
    ----------
    photometric_interpretation : str
        After decoding: a JPEG 2000 picture that the file calls YBR_RCT is RGB here.
    bits_stored, high_bit : int
        As `PixelLayout`; of floating point values without meaning.
    is_signed : bool
    modality : Rescale, LookupTable or None
        None: the stored values are the modality values.
    voi : LookupTable, Window or None
        None: the range of display values is found from the picture, unless `is_display_ready`.
    palette : ndarray, shape (2 ** bits_stored, 3), uint16, or None
        Red, green and blue, 0 to 65535, of each stored value.
    padding : (int, int) or None
        Stored values from the first to the second are no picture, and are shown black.
    is_display_ready : bool
        The whole range of the stored values is the range from black to white.

    References
    ----------
    PS3.3 C.11.1 Modality LUT, C.11.2 VOI LUT, C.7.6.3.1.5 and .6 Palette, C.7.5.1.1.2 Pixel Padding.
    """

    photometric_interpretation: str
    bits_stored: int
    high_bit: int
    is_signed: bool = False
    modality: Rescale | LookupTable | None = None
    voi: LookupTable | Window | None = None
    palette: NDArray[np.uint16] | None = None
    padding: tuple[int, int] | None = None
    is_display_ready: bool = False


def modality_of(dataset: "Dataset", warnings: set[str]) -> Rescale | LookupTable | None:
    """Read the Modality LUT module, or the item of a functional group that stands for it.

    Raises
    ------
    BadHeader
        Slope or intercept is no finite number, or a LUT has no data.
    """
    table = _lookup_table(dataset, "ModalityLUTSequence")
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


def voi_of(dataset: "Dataset", warnings: set[str]) -> LookupTable | Window | None:
    """Read the VOI LUT module: its table if there is one, else the first window that has a meaning."""
    try:
        table = _lookup_table(dataset, "VOILUTSequence")
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


def padding_of(dataset: "Dataset") -> tuple[int, int] | None:
    """Read Pixel Padding Value and its range limit, lowest first."""
    value, limit = dataset.get("PixelPaddingValue"), dataset.get("PixelPaddingRangeLimit")
    try:
        if value is None or value == "":
            return None
        ends = int(value), int(_or(limit, value))
    except (TypeError, ValueError):
        return None
    return min(ends), max(ends)


def palette_of(dataset: "Dataset", bits_stored: int) -> NDArray[np.uint16]:
    """Build the red, green and blue of each stored value.

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
    return colours.astype(np.uint16) * 257 if colours.dtype.itemsize == 1 else colours.astype(np.uint16)


def _lookup_table(dataset: "Dataset", keyword: str) -> LookupTable | None:
    try:
        sequence = dataset.get(keyword)
        if not sequence:
            return None
        item = sequence[0]
        count, first, bits = (int(v) for v in item.LUTDescriptor)
        data = item.LUTData
        count = count or 1 << 16  # PS3.3 C.11.1.1.1: 0 stands for 65536
        if isinstance(data, bytes):
            kind = "u1" if len(data) <= count + 1 else ("<u2" if dataset.is_little_endian is not False else ">u2")
            entries = np.frombuffer(data[: len(data) - len(data) % np.dtype(kind).itemsize], kind)
        else:
            entries = np.atleast_1d(np.asarray(data, np.int64))
        entries = (entries[:count].astype(np.int64) & 0xFFFF).astype(np.uint16)
    except Exception:  # noqa: BLE001  # a malformed item fails in as many ways as it has elements
        raise BadHeader(f"{keyword} is malformed") from None
    if not len(entries):
        raise BadHeader(f"{keyword} has no data")
    highest = max((1 << bits) - 1 if 1 <= bits <= 16 else 0, int(entries.max()), 1)
    return LookupTable(first, entries, (1 << highest.bit_length()) - 1)


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
