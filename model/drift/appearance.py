"""How a picture looks, in a few numbers: by them a change of equipment or settings shows.

They are taken from the network's input, so that serving and training measure the same.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

PICTURE_MEASURES: Final = ("brightness", "contrast", "dark", "bright", "detail")

_WHITE: Final = 65535
_TWENTIETH: Final = _WHITE // 20
_MOST_FRAMES: Final = 16


def measure_picture(inputs: NDArray[np.uint16]) -> dict[str, float]:
    """Measure a scan as the network sees it.

    Parameters
    ----------
    inputs : ndarray, shape (frames, size, size), uint16
        As `model.reading.prepare` gives them; of a long scan 16 frames are measured.

    Returns
    -------
    dict of str to float
        Each in [0, 1]: `brightness`, the mean; `contrast`, the standard deviation; `dark` and `bright`, the
        shares of pixels in the lowest and the highest twentieth; `detail`, the mean difference of
        neighbours in a row. Means over the frames.
    """
    step = -(-len(inputs) // _MOST_FRAMES)
    pictures = inputs[::step]
    values = pictures.astype(np.float32) / np.float32(_WHITE)
    # whole numbers are compared and counted several times as fast as fractions
    measured = {
        "brightness": values.mean(),
        "contrast": values.std(axis=(1, 2)).mean(),
        "dark": np.count_nonzero(pictures <= _TWENTIETH) / pictures.size,
        "bright": np.count_nonzero(pictures >= _WHITE - _TWENTIETH) / pictures.size,
        "detail": np.abs(np.diff(values, axis=2)).mean(),
    }
    return {name: round(float(value), 5) for name, value in measured.items()}
