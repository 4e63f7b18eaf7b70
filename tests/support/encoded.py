"""Small pictures, encoded by independent encoders, and what the header says of them."""

import zlib

import imagecodecs
import numpy as np

from model.reading.decoders.layout import PixelLayout
from model.reading.limits import Limits
from tests.support.dicom_files import image

JPEG = "1.2.840.10008.1.2.4."
ROWS, COLUMNS = 24, 18


def smooth(bits, dtype=np.uint16, samples=1):
    y, x = np.mgrid[0:ROWS, 0:COLUMNS]
    top = 2**bits - 1
    planes = [(np.sin(x / 5 + s) + np.cos(y / 7) + 2) / 4 * top for s in range(samples)]
    return np.rint(np.stack(planes, -1) if samples > 1 else planes[0]).astype(dtype)


def deflate(pixels):
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(pixels.tobytes()) + stream.flush()


def jpeg_2000(pixels):
    return imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", reversible=True, level=0)


def jpeg_xl(pixels, **options):
    return imagecodecs.jpegxl_encode(pixels, lossless=True, **options)


def layout_of(pixels, **elements):
    return PixelLayout.from_dataset(image(pixels, **elements), "PixelData", Limits())
