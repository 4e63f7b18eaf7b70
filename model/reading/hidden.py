"""Whether a VOI LUT or window hides what a frame holds; it is shown as the file says all the same."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model.reading.display import Display

_SAMPLED: Final = 256  # rows and columns, about
_FEWER: Final = 5  # of those, where the spread of values is measured: one in so many
_ONE_VALUE: Final = 0.9
_RARE: Final = 0.01
_FEW_GREYS: Final = 32  # of 256
_NEARLY: Final = 8  # greys from black or white
_MOST_BLACK, _MOST_WHITE = 0.95, 0.8  # a small bone on a large film is mostly air
_LEAST_HIDDEN: Final = 0.2
_MUCH_WIDER: Final = 4  # a window of 8 bits on 12: 5 to 25 in radiographs; one that was chosen: below 3


def hides_picture(stored: NDArray[Any], picture: NDArray[np.uint16], display: Display) -> bool:
    """Return whether a picture is nearly all black, white or a few greys, and its stored values are not.

    Or whether a fifth of it is black or white where stored values vary far more than in all that is grey.

    Parameters
    ----------
    stored : ndarray, shape (rows, columns)
        Stored values.
    picture : ndarray, shape (rows, columns), uint16
        The same as shown, 0 black, 65535 white; some ten thousand pixels of both are sampled.
    display : Display
        Says which of the stored bits count.

    Returns
    -------
    bool
    """
    step = max(1, max(picture.shape) // _SAMPLED)
    values, greys = stored[::step, ::step].ravel(), picture[::step, ::step].ravel() >> 8
    ordered = np.sort(greys)
    low, high = ordered[int(_RARE * len(ordered))], ordered[int((1 - _RARE) * len(ordered))]
    black = np.searchsorted(ordered, _NEARLY) / len(ordered)
    white = 1 - np.searchsorted(ordered, 256 - _NEARLY) / len(ordered)
    if high - low < _FEW_GREYS or black >= _MOST_BLACK or white >= _MOST_WHITE:
        return _commonest(values)[1] < _ONE_VALUE
    if max(black, white) < _LEAST_HIDDEN:
        return False
    values, greys = _significant(values[::_FEWER], display), greys[::_FEWER]
    is_black, is_white = greys < _NEARLY, greys >= 256 - _NEARLY
    is_grey = ~(is_black | is_white)
    return any(
        share >= _LEAST_HIDDEN and _varies_more(values, hidden, is_grey)
        for share, hidden in ((black, is_black), (white, is_white))
    )


def _significant(stored: NDArray[Any], display: Display) -> NDArray[Any]:
    """Return the stored values by their bits that count; of floating point 0 stands for what is none."""
    if stored.dtype.kind == "f":
        return np.nan_to_num(stored.astype(np.float64))
    spare = 63 - display.high_bit
    words = stored.astype(np.int64) << spare
    if display.is_signed:
        return words >> (64 - display.bits_stored)
    return (words.view(np.uint64) >> np.uint64(64 - display.bits_stored)).astype(np.int64)


def _varies_more(values: NDArray[Any], is_hidden: NDArray[np.bool_], is_grey: NDArray[np.bool_]) -> bool:
    """Compare values that look alike with those that look different; the commonest may be padding."""
    hidden, seen = values[is_hidden], values[is_grey]
    if not hidden.size:
        return False
    hidden = hidden[hidden != _commonest(hidden)[0]]
    if hidden.size < _LEAST_HIDDEN * values.size or not seen.size:
        return False
    hidden_width = np.subtract(*np.percentile(hidden, (90, 10)))
    seen_width = np.subtract(*np.percentile(seen, (99, 1)))
    return bool(hidden_width >= _MUCH_WIDER * max(seen_width, 1))


def _commonest(values: NDArray[Any]) -> tuple[Any, float]:
    """Return the commonest value, and its share."""
    found, counts = np.unique(values, return_counts=True)
    return found[counts.argmax()], float(counts.max() / values.size)
