"""What is left of a picture when the bone is taken away: pictures for tests of shortcuts.

A network that does nearly as well on these has learned from the style of a picture, not from bone.
"""

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

View = Literal["whole", "reduced", "no-centre"]

_REDUCED = 16
_CENTRE = 0.7


def view_pictures(pictures: NDArray[np.uint16], view: View) -> NDArray[np.uint16]:
    """Show pictures whole, reduced, or without their centre.

    Parameters
    ----------
    pictures : ndarray, shape (n, size, size), uint16
        Left as they are.
    view : {"whole", "reduced", "no-centre"}
        `reduced` is 16 x 16 pixels by area average, brought back by linear interpolation; `no-centre` has
        the central 70 % of each side black.

    Returns
    -------
    ndarray, shape (n, size, size), uint16
        The pictures themselves if they are shown whole.
    """
    if view == "whole":
        return pictures
    size = pictures.shape[1]
    if view == "no-centre":
        hidden = pictures.copy()
        border = round(size * (1.0 - _CENTRE) / 2.0)
        hidden[:, border : size - border, border : size - border] = 0
        return hidden
    small = (cv2.resize(picture, (_REDUCED, _REDUCED), interpolation=cv2.INTER_AREA) for picture in pictures)
    return np.stack([cv2.resize(one, (size, size), interpolation=cv2.INTER_LINEAR) for one in small])
