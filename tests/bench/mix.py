"""The files of the benchmark: radiographs of 2500 x 2048, 12 bits in 16, encoded as hospitals send them.

Of twelve files four are native, two JPEG Lossless SV1, and one each JPEG-LS, JPEG 2000 Lossless, RLE, JPEG
Baseline in DICOM, PNG of 16 bits and JPEG. Four different pictures take turns. No two files have the same
bytes, so that the reuse of an earlier prediction never helps.
"""

import io
import itertools
import os
import struct
import zlib
from contextlib import suppress
from functools import cache

import imagecodecs
import numpy as np
from PIL import Image
from pydicom.uid import generate_uid

from tests.measure.codecs import packed_rle
from tests.support.dicom_files import encapsulated, native
from tests.support.shared import SHARED

ROWS, COLUMNS = 2500, 2048
STANDARD = (
    "native", "jpeg-lossless", "png", "native", "rle", "jpeg-2000",
    "native", "jpeg-ls", "jpeg", "native", "jpeg-lossless", "jpeg-baseline",
)  # fmt: skip
"""What a mix of twelve is made of, in the order in which it arrives."""
KINDS = tuple(dict.fromkeys(STANDARD))
_PICTURES = 4
SYNTAXES = {
    "native": "1.2.840.10008.1.2.1",
    "jpeg-lossless": "1.2.840.10008.1.2.4.70",
    "rle": "1.2.840.10008.1.2.5",
    "jpeg-2000": "1.2.840.10008.1.2.4.90",
    "jpeg-ls": "1.2.840.10008.1.2.4.80",
    "jpeg-baseline": "1.2.840.10008.1.2.4.50",
}
"""Transfer syntaxes of the kinds that are DICOM."""
_SMALL = 224


@cache
def radiograph(number, rows=ROWS, columns=COLUMNS):
    """Make one of the pictures: bones, soft tissue and noise, uint16 below 4096."""
    random = np.random.default_rng(number)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    y, x = y * (ROWS / rows), x * (COLUMNS / columns)
    lean = 15 + 4 * number
    bones = np.exp(-(((x - 800 - 40 * number) / 150) ** 2)) + np.exp(-(((x - 1250 - y / lean) / 110) ** 2))
    smooth = 600 + 1800 * bones + 500 * np.sin(y / (350 + 40 * number))
    noisy = smooth + random.normal(0, 12, smooth.shape).astype(np.float32)
    return np.clip(noisy, 0, 4095).astype(np.uint16)


@cache
def _encoded(kind, number, rows, columns):
    """Encode a picture once; what makes a file its own is put around it."""
    pixels = radiograph(number, rows, columns)
    bytes_of_8 = (pixels >> 4).astype(np.uint8)
    match kind:
        case "jpeg-lossless":
            return imagecodecs.ljpeg_encode(pixels, bitspersample=12)
        case "jpeg-ls":
            return imagecodecs.jpegls_encode(pixels)
        case "jpeg-2000":
            return imagecodecs.jpeg2k_encode(
                pixels, codecformat="j2k", bitspersample=12, reversible=True, level=0
            )
        case "rle":
            return packed_rle(pixels)
        case "png":
            return imagecodecs.png_encode(pixels << 4, level=4)
        case _:
            return imagecodecs.jpeg8_encode(bytes_of_8, level=92)


def one_file(kind, number, rows=ROWS, columns=COLUMNS):
    """Make one file.

    Returns
    -------
    tuple of (str, bytes)
        The ending of its name, and its content, which no other `number` has.
    """
    picture = number % _PICTURES
    if kind == "png":
        return ".png", with_comment(_encoded(kind, picture, rows, columns), number)
    if kind == "jpeg":
        data = _encoded(kind, picture, rows, columns)
        comment = str(number).encode()
        return ".jpg", data[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + data[2:]
    pixels = radiograph(picture, rows, columns)
    elements = {
        "StudyInstanceUID": generate_uid(entropy_srcs=["study", str(number)]),
        "SeriesInstanceUID": generate_uid(entropy_srcs=["series", str(number)]),
        "SOPInstanceUID": generate_uid(entropy_srcs=[kind, str(number)]),
        "PatientID": f"bench{number}",
        "BitsStored": 12,
        "HighBit": 11,
        "WindowCenter": 1600,
        "WindowWidth": 3200,
    }
    if kind == "native":
        return ".dcm", native(pixels, **elements)
    if kind == "jpeg-baseline":
        pixels = (pixels >> 4).astype(np.uint8)
        elements |= {"BitsStored": 8, "HighBit": 7, "WindowCenter": 100, "WindowWidth": 200}
    frame = _encoded(kind, picture, rows, columns)
    return ".dcm", encapsulated(pixels, [frame], SYNTAXES[kind], **elements)


def with_comment(png, number):
    """Put a text chunk into a PNG, so that its bytes are its own."""
    body = b"tEXtComment\x00" + str(number).encode()
    chunk = struct.pack(">L", len(body) - 4) + body + struct.pack(">L", zlib.crc32(body))
    after_header = 8 + 25
    return png[:after_header] + chunk + png[after_header:]


class Supply:
    """Writes files, each with bytes that no earlier one had, and syncs them before anybody's clock starts.

    Parameters
    ----------
    rows, columns : int
        Size of the radiographs.
    """

    def __init__(self, rows=ROWS, columns=COLUMNS):
        self._size = (rows, columns)
        self._numbers = itertools.count()

    def write(self, folder, kinds, count):
        """Write `count` files of the kinds in turn; their paths, in the order in which they arrive."""
        return self._write(folder, (one_file(kind, n, *self._size) for kind, n in self._turns(kinds, count)))

    def write_small(self, folder, count):
        """Write PNGs of 224 pixels: the X-rays of the data folder where it is at hand, else made ones."""
        pictures = small_pictures()
        made = (next(self._numbers) for _ in range(count))
        return self._write(folder, ((".png", with_comment(pictures[n % len(pictures)], n)) for n in made))

    def _turns(self, kinds, count):
        for kind in itertools.islice(itertools.cycle(kinds), count):
            yield kind, next(self._numbers)

    def _write(self, folder, files):
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for ending, data in files:
            path = folder / f"{len(paths):06}{ending}"
            path.write_bytes(data)
            paths.append(path)
        os.sync()
        return paths


@cache
def small_pictures(most=100):
    """Give PNGs of 224 pixels."""
    pictures = []
    for path in sorted((SHARED / "xray" / "images").glob("*.jpg"))[:most]:
        with suppress(OSError):  # some are cut
            pictures.append(Image.open(path).convert("L"))
    if not pictures:
        pictures = [Image.fromarray((radiograph(n) >> 4).astype(np.uint8)) for n in range(_PICTURES)]
    return [_png(picture.resize((_SMALL, _SMALL), Image.Resampling.BOX)) for picture in pictures]


def tiny_picture():
    """Give a PNG of a few hundred bytes, of which a hundred thousand are made in seconds."""
    return _png(Image.fromarray((radiograph(0, 40, 32) >> 4).astype(np.uint8)))


def _png(picture):
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
