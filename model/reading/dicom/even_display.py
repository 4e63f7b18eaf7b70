"""Whether frames are shown so that a mean of stored values looks like the mean of what they look like."""

from typing import Final

import numpy as np

from model.reading.decoders.decoded_frame import DecodedFrame
from model.reading.decoders.layout import PixelLayout
from model.reading.dicom.frame_display import FrameDisplays
from model.reading.display import Display, LookupTable
from model.reading.luts import apply_modality, apply_voi

_MOST_BITS: Final = 16
_NEIGHBOURS: Final = 256
_MOST_OF_WHITE: Final = 0.4
"""Between values that lie `_NEIGHBOURS` apart: a window of 640. One of 200 moves a probability by 0.013."""


def are_even(displays: FrameDisplays, layout: PixelLayout) -> bool:
    """Return whether all frames of a file are shown evenly.

    Parameters
    ----------
    displays : FrameDisplays
    layout : PixelLayout
        Of one unsigned value a pixel.

    Returns
    -------
    bool
        No frame has a window that a fraction of its values fills, or a table that goes up and down.

    Raises
    ------
    BadHeader
        What says how to show a frame is malformed.
    """
    no_pixels = np.zeros((0, 0), np.uint16)
    expected = DecodedFrame(no_pixels, layout.photometric_interpretation, layout.bits_stored, layout.high_bit)
    return all(_is_even(displays.of(index, expected)) for index in range(layout.frames))


def _is_even(display: Display) -> bool:
    if display.bits_stored > _MOST_BITS:
        return False
    values = np.arange(1 << display.bits_stored, dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        values = apply_modality(values, display.modality)
        if display.voi is not None:
            values = np.clip(np.nan_to_num(apply_voi(values, display.voi)), 0, 1)
        elif not isinstance(display.modality, LookupTable):
            return True
        else:  # stretched: to its whole range at least
            values = values / max(float(np.ptp(values)), 1.0)
    steps = np.diff(values)
    if steps.min() < 0 < steps.max():
        return False
    return bool(np.abs(values[_NEIGHBOURS:] - values[:-_NEIGHBOURS]).max(initial=0) <= _MOST_OF_WHITE)
