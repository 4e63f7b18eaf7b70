"""A radiograph of a test's own making, and what comes out of a file that holds it."""

import numpy as np

from model.reading.prepare import open_pictures
from tests.support.dicom_files import native

WHOLE_RANGE = {"BitsStored": 12, "HighBit": 11, "WindowCenter": 2048, "WindowWidth": 4096}


def picture(rows=64, columns=48, bits=12):
    """Give a bright shape on dark ground, with edges and a little noise: uint16, of so many bits."""
    y, x = np.mgrid[0:rows, 0:columns]
    shape = np.clip(1.2 - np.hypot((x - columns / 2) / 14, (y - rows / 2) / 40), 0, 1)
    noise = np.random.default_rng(5).normal(0, 0.004, (rows, columns))
    scaled = np.clip(0.04 + 0.3 * y / rows + 0.62 * shape + noise, 0, 1)
    return (scaled * (2**bits - 1)).astype(np.uint16)


PICTURE = picture()
GREY = (PICTURE >> 4).astype(np.uint8)


def shown(data):
    """Give the only picture, and the warnings."""
    pictures = open_pictures(data)
    (only,) = pictures
    return only, pictures.warnings


def greys(first, second):
    """Give the mean difference of two pictures, in 1 of 256."""
    return np.abs(first.astype(float) - second.astype(float)).mean() / 257


EXPECTED = shown(native(PICTURE, **WHOLE_RANGE))[0]
RGB = np.stack([GREY] * 3, axis=-1)
YBR = np.stack([GREY, np.full_like(GREY, 128), np.full_like(GREY, 128)], axis=-1)
EXPECTED_8 = shown(native(GREY))[0]
