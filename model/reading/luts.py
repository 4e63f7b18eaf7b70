"""The two mappings that a DICOM file brings along: Modality LUT, then VOI LUT or window."""

import numpy as np
from numpy.typing import NDArray

from model.reading.display import LookupTable, Rescale, Window

_Values = NDArray[np.float64]


def apply_modality(values: _Values, modality: Rescale | LookupTable | None) -> _Values:
    """Map stored values to modality values.

    Parameters
    ----------
    values : ndarray, float64
    modality : Rescale or LookupTable or None

    Returns
    -------
    ndarray, of the same shape, float64
        In the units of Rescale Type (0028,1054) or Modality LUT Type (0028,3004).

    References
    ----------
    PS3.3 C.11.1 Modality LUT Module.
    """
    if isinstance(modality, Rescale):
        return values * modality.slope + modality.intercept
    return values if modality is None else _look_up(values, modality)


def _look_up(values: _Values, table: LookupTable) -> _Values:
    place = np.clip(np.rint(values) - table.first, 0, len(table.entries) - 1).astype(np.int64)
    return np.asarray(table.entries[place], np.float64)


def apply_voi(values: _Values, voi: Window | LookupTable) -> _Values:
    """Map modality values to what is shown, before its polarity.

    Parameters
    ----------
    values : ndarray, float64
    voi : Window or LookupTable

    Returns
    -------
    ndarray, of the same shape, float64
        0 black, 1 white; may lie outside.

    References
    ----------
    PS3.3 C.11.2 VOI LUT Module.
    """
    if isinstance(voi, LookupTable):
        return _look_up(values, voi) / voi.maximum
    return _apply_window(values, voi)


def _apply_window(values: _Values, window: Window) -> _Values:
    if window.function == "SIGMOID":
        exponent = np.clip(-4 * (values - window.center) / window.width, -700, 700)
        return 1 / (1 + np.exp(exponent))
    if window.function == "LINEAR_EXACT":
        return (values - window.center) / window.width + 0.5
    if window.width == 1:  # a step: the quotient below would be 0 / 0
        return (values > window.center - 0.5).astype(np.float64)
    return (values - (window.center - 0.5)) / (window.width - 1) + 0.5
