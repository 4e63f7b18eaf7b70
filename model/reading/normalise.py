"""From stored values to the picture that a viewer shows: grey, 0 black, 65535 white."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from model.advice import Advice
from model.errors import BadPixels
from model.reading.decode import Frame
from model.reading.display import Display, LookupTable, Window
from model.reading.geometry import cover
from model.reading.hidden import hides_picture
from model.reading.luts import apply_modality, apply_voi

WHITE = 65535
STRETCH_PERCENTILES = (0.5, 99.5)
"""Modality values at these percentiles become black and white where the file says nothing."""
_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
_LARGEST_TABLE_BITS = 16

_Values = NDArray[np.float64]


PADDING_INSIDE = "padding_within_picture"
"""A category of warnings: the padding value is also that of something bright within the picture."""
WINDOW_MISSES = "window_misses_picture"
"""A category of warnings: the VOI LUT or window hides most of what the file holds."""


def normalise(frame: Frame, warnings: set[str] | None = None) -> NDArray[np.uint16]:
    """Show a frame: Modality LUT, VOI LUT or window, MONOCHROME1 inversion, colour to grey.

    Parameters
    ----------
    frame : Frame
        Stored values and how to show them.
    warnings : set of str, optional
        Gets `PADDING_INSIDE` and `WINDOW_MISSES`.

    Returns
    -------
    ndarray, shape (rows, columns), uint16
        0 black, 65535 white; always defined, also for a constant picture and for values that are no numbers
        (black). A DICOM of more than 8 bits with neither window nor VOI LUT is stretched between its
        `STRETCH_PERCENTILES`, padding left out; 8-bit pictures keep their range.

    Raises
    ------
    BadPixels
        A floating point picture without a single finite value.

    References
    ----------
    PS3.4 N.2 Pixel Transformation Sequence; PS3.3 C.11.1, C.11.2, C.7.6.3.1.2; ITU-R BT.601.
    """
    found_warnings = set[str]() if warnings is None else warnings
    picture = _shown(frame.stored, frame.display, found_warnings)
    if frame.display.voi is not None and hides_picture(frame.stored, picture, frame.display):
        found_warnings.add(WINDOW_MISSES)
    if frame.display.shutter is not None:
        picture = cover(picture, frame.display.shutter)
    return picture


def _shown(stored: NDArray[Any], display: Display, warnings: set[str]) -> NDArray[np.uint16]:
    if stored.ndim == 3:
        return _colour_to_grey(stored, display)
    if stored.dtype.kind == "f" or display.bits_stored > _LARGEST_TABLE_BITS:
        return _by_arithmetic(stored, display)
    if display.is_display_ready and stored.dtype.itemsize * 8 == display.bits_stored == 16:
        return stored.astype(np.uint16, copy=False)
    return _by_table(stored, display, warnings)


def shown_window(frame: Frame) -> Window | LookupTable:
    """Return the VOI transformation that leads from the modality values of a grey frame to what is shown.

    Parameters
    ----------
    frame : Frame
        Of one value a pixel, without a palette.

    Returns
    -------
    Window or LookupTable
        That of the file; else the window between what is shown black and what is shown white.

    Raises
    ------
    BadPixels
        A floating point picture without a single finite value.
    """
    stored, display = frame.stored, frame.display
    if display.voi is not None:
        return display.voi
    if display.is_display_ready:
        low, high = 0.0, float((1 << display.bits_stored) - 1)
    else:
        if stored.dtype.kind == "f" or display.bits_stored > _LARGEST_TABLE_BITS:
            values, is_black = _numbers(stored, display)
            counts = (~is_black).astype(np.int64)
        else:
            levels, is_padding = _levels(display)
            values, counts = levels.astype(np.float64), _counts(*_as_words(stored, display), levels.size)
            counts[is_padding] = 0
        with np.errstate(over="ignore", invalid="ignore"):
            values = apply_modality(values, display.modality)
        low, high = _ends(values, counts)
    width = max(high - low + 1, 2)  # PS3.3 C.11.2.1.2.1: from `low` to `high`; mid grey where they are one
    return Window((low + high + 1) / 2, width)


def _levels(display: Display) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Give each value that can be stored, in the order of its bits, and whether it is padding."""
    levels = 1 << display.bits_stored
    values = np.arange(levels, dtype=np.int64)
    if display.is_signed:
        values[levels // 2 :] -= levels
    return values, _is_padding(values, display)


def _by_table(stored: NDArray[Any], display: Display, warnings: set[str]) -> NDArray[np.uint16]:
    """Map each possible stored value once, then look up: exact, and much faster than by pixel."""
    words, shift = _as_words(stored, display)
    if display.palette is not None:
        return _looked_up(words, _luma(display.palette, WHITE), shift)
    values, is_padding = _levels(display)
    counts = None
    if display.voi is None and not display.is_display_ready:
        counts = _counts(words, shift, values.size)
        counts[is_padding] = 0
    table = _show(values.astype(np.float64), display, counts)
    is_bright = is_padding & (table > WHITE // 2)
    bright = table.copy()
    table[is_padding] = 0
    shown = _looked_up(words, table, shift)
    if is_bright.any():
        within = _apart_from_corners(_looked_up(words, is_bright.astype(np.uint16), shift) > 0)
        if within.any():
            warnings.add(PADDING_INSIDE)
            shown[within] = _looked_up(words, bright, shift)[within]
    return shown


def _apart_from_corners(padded: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the padded pixels that are not joined to a corner: what pads a picture reaches its corners.

    Metal, which stops all rays, may have the same value where that means white.
    """
    if not padded.any():
        return padded
    regions = np.asarray(cv2.connectedComponents(padded.astype(np.uint8), connectivity=4)[1])
    is_outside = np.zeros(int(regions.max()) + 1, np.bool_)
    is_outside[regions[[0, 0, -1, -1], [0, -1, 0, -1]]] = True
    within: NDArray[np.bool_] = padded & ~is_outside[regions]
    return within


def _as_words(stored: NDArray[Any], display: Display) -> tuple[NDArray[Any], int]:
    """Return the stored bits as uint8 or uint16, and the place of the lowest that counts."""
    shift = display.high_bit + 1 - display.bits_stored
    index = stored.view(f"u{stored.dtype.itemsize}")
    if stored.dtype.itemsize <= 2:
        return index, shift
    return (index >> index.dtype.type(shift)).astype(np.uint16), 0  # at most 16 bits count


def _looked_up(words: NDArray[Any], table: NDArray[np.uint16], shift: int) -> NDArray[np.uint16]:
    """Replace each word by the entry of those of its bits that count; rubbish and overlays around do not."""
    whole = np.repeat(table, 1 << shift)
    whole = np.tile(whole, (1 << 8 * words.dtype.itemsize) // len(whole))
    shown = cv2.LUT(words, whole)
    return np.asarray(shown, np.uint16).reshape(words.shape)


def _counts(words: NDArray[Any], shift: int, levels: int) -> NDArray[np.int64]:
    """Count how often each stored value occurs."""
    raw = np.bincount(words.ravel(), minlength=1 << 8 * words.dtype.itemsize)
    return np.asarray(raw.reshape(-1, levels, 1 << shift).sum(axis=(0, 2)), np.int64)


def _by_arithmetic(stored: NDArray[Any], display: Display) -> NDArray[np.uint16]:
    values, is_black = _numbers(stored, display)
    shown = _show(values, display, (~is_black).astype(np.int64))
    shown[is_black] = 0
    return shown


def _numbers(stored: NDArray[Any], display: Display) -> tuple[_Values, NDArray[np.bool_]]:
    """Give the value of each pixel, and whether it is padding or no number, which is then 0."""
    if stored.dtype.kind == "f":
        values = stored.astype(np.float64)
    else:
        spare = 8 * stored.dtype.itemsize - display.bits_stored
        shift = display.high_bit + 1 - display.bits_stored
        kind = "i" if display.is_signed else "u"
        shifted = np.left_shift(stored.view(f"u{stored.dtype.itemsize}"), spare - shift)
        values = np.right_shift(shifted.view(f"{kind}{stored.dtype.itemsize}"), spare).astype(np.float64)
    is_black = _is_padding(values, display) | ~np.isfinite(values)
    if is_black.all() and not np.isfinite(values).any():
        raise BadPixels("a floating point picture without a finite value", advice=Advice.EXPORT)
    values[~np.isfinite(values)] = 0
    return values, is_black


def _show(values: _Values, display: Display, counts: NDArray[np.int64] | None) -> NDArray[np.uint16]:
    """Map modality by VOI to display values; `counts` says how often each value occurs."""
    with np.errstate(over="ignore", invalid="ignore"):
        values = apply_modality(values, display.modality)
        if display.voi is not None:
            shown = apply_voi(values, display.voi)
        elif display.is_display_ready:
            shown = values / ((1 << display.bits_stored) - 1)
        else:
            assert counts is not None
            shown = _stretch(values, counts)
    shown = np.clip(np.nan_to_num(shown), 0, 1)
    if display.photometric_interpretation == "MONOCHROME1":
        shown = 1 - shown
    return np.rint(shown * WHITE).astype(np.uint16)


def _stretch(values: _Values, counts: NDArray[np.int64]) -> _Values:
    if not counts.any():
        return np.zeros_like(values)
    low, high = _ends(values, counts)
    if not low < high:
        return np.full_like(values, 0.5)
    return np.asarray((values - low) / (high - low), np.float64)


def _ends(values: _Values, counts: NDArray[np.int64]) -> tuple[float, float]:
    """Give the values that are shown black and white: equal for a constant picture, or for none at all."""
    order = np.argsort(values, axis=None)
    ordered = values.ravel()[order]
    total = np.cumsum(counts.ravel()[order])
    if total[-1] == 0:
        return 0.0, 0.0
    low, high = (ordered[np.searchsorted(total, max(1, p / 100 * total[-1]))] for p in STRETCH_PERCENTILES)
    if not low < high:  # a constant picture, or nearly so: its whole range, else mid grey
        low, high = ordered[np.searchsorted(total, 1)], ordered[np.searchsorted(total, total[-1])]
    return float(low), float(high)


def _is_padding(values: NDArray[Any], display: Display) -> NDArray[np.bool_]:
    if display.padding is None:
        return np.zeros(values.shape, np.bool_)
    low, high = display.padding
    return (values >= low) & (values <= high)


def _colour_to_grey(stored: NDArray[Any], display: Display) -> NDArray[np.uint16]:
    highest = (1 << display.bits_stored) - 1
    photometric = display.photometric_interpretation
    if photometric.startswith("YBR_PARTIAL"):  # PS3.3 C.7.6.3.1.2: Y from 16 to 235 of 255
        shown = (stored[..., 0] / highest * 255 - 16) / 219
        return np.rint(np.clip(shown, 0, 1) * WHITE).astype(np.uint16)
    if photometric.startswith("YBR"):  # Y is the grey we look for
        return np.rint(np.clip(stored[..., 0] / highest, 0, 1) * WHITE).astype(np.uint16)
    return _luma(stored, highest)


def _luma(colours: NDArray[Any], highest: int) -> NDArray[np.uint16]:
    grey = np.zeros(colours.shape[:-1], np.float32 if highest <= WHITE else np.float64)
    for channel, weight in enumerate(_LUMA):
        grey += colours[..., channel] * grey.dtype.type(weight * WHITE / highest)
    return np.clip(np.rint(grey), 0, WHITE).astype(np.uint16)
