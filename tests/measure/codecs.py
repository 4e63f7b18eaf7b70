"""How long each codec takes for a radiograph of 2500 x 2048, 12 bits; one thread, all in one interleaved run.

``python -m tests.measure.codecs 7`` prints a table: for each transfer syntax our decoder and those of
pydicom's plug-ins that are installed (GDCM, pylibjpeg, Pillow, pydicom's own), the least and the median of so
many rounds, processor time, and whether the pixels came back to the bit. The rounds go through all codecs in
turn, so that what else the machine does meets all of them alike.
"""

import os
import platform
import statistics
import sys
import time
import zlib
from contextlib import suppress
from functools import partial

import imagecodecs
import numpy as np
from pydicom import dcmread
from pydicom.filebase import DicomBytesIO
from pydicom.pixels.decoders import base as pydicom_decoders

from model.reading.decode import Limits, open_scan
from tests.support.dicom_files import encapsulated, native

ROWS, COLUMNS = 2500, 2048
TWELVE = {"BitsStored": 12, "HighBit": 11}
_JPEG = "1.2.840.10008.1.2.4."


def radiograph():
    """Make a picture with the smoothness and the noise of a radiograph, uint16 below 4096."""
    random = np.random.default_rng(7)
    y, x = np.mgrid[0:ROWS, 0:COLUMNS]
    bones = np.exp(-(((x - 900) / 150) ** 2)) + np.exp(-(((x - 1250 - y / 20) / 110) ** 2))
    smooth = 600 + 1800 * bones + 500 * np.sin(y / 400)
    return np.clip(smooth + random.normal(0, 12, smooth.shape), 0, 4095).astype(np.uint16)


def packed_rle(pixels):
    """Encode RLE Lossless with runs, as equipment does."""
    planes = [(pixels >> 8).astype(np.uint8), (pixels & 255).astype(np.uint8)]
    segments = [b"".join(imagecodecs.packbits_encode(row) for row in plane) for plane in planes]
    segments = [segment + b"\x00" * (len(segment) % 2) for segment in segments]
    head = np.array([2, 64, 64 + len(segments[0])] + [0] * 13, "<u4")
    return head.tobytes() + b"".join(segments)


def deflate(pixels):
    """Deflate a frame."""
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(pixels.tobytes()) + stream.flush()


def encoders():
    """Give what makes a frame of each transfer syntax: name, last part of its UID, function."""
    j2k = partial(imagecodecs.jpeg2k_encode, codecformat="j2k", bitspersample=12)
    jpeg = partial(imagecodecs.jpeg8_encode, level=90, bitspersample=12)
    xl = partial(imagecodecs.jpegxl_encode, bitspersample=12)
    return [
        ("RLE Lossless", "1.2.840.10008.1.2.5", packed_rle),
        ("Deflated Image Frame", "1.2.840.10008.1.2.8.1", deflate),
        ("Encapsulated Uncompressed", "1.2.840.10008.1.2.1.98", np.ndarray.tobytes),
        ("JPEG Extended, 12 bit", _JPEG + "51", jpeg),
        ("JPEG Lossless", _JPEG + "70", partial(imagecodecs.ljpeg_encode, bitspersample=12)),
        ("JPEG-LS Lossless", _JPEG + "80", imagecodecs.jpegls_encode),
        ("JPEG-LS Near-lossless", _JPEG + "81", partial(imagecodecs.jpegls_encode, level=2)),
        ("JPEG 2000 Lossless", _JPEG + "90", partial(j2k, reversible=True, level=0)),
        ("JPEG 2000", _JPEG + "91", partial(j2k, level=60)),
        ("JPEG XL Lossless", _JPEG + "110", partial(xl, lossless=True, effort=3)),
        ("JPEG XL", _JPEG + "112", partial(xl, distance=1.0, effort=3)),
        ("HTJ2K Lossless", _JPEG + "201", imagecodecs.htj2k_encode),
        ("HTJ2K", _JPEG + "203", partial(imagecodecs.htj2k_encode, level=0.001)),
    ]


def ours(data):
    """Decode as inboxray does."""
    (frame,) = open_scan(data, Limits()).frames()
    return frame.stored


def theirs(plugin, data):
    """Decode with a plug-in of pydicom: the stored values, without any conversion."""
    dataset = dcmread(DicomBytesIO(data))
    dataset.pixel_array_options(decoding_plugin=plugin, raw=True)
    return dataset.pixel_array


def candidates(data, syntax):
    """Give the decoders that are at hand for a transfer syntax: function by name."""
    found = {"inboxray": ours}
    for decoder in vars(pydicom_decoders).values():
        if isinstance(decoder, pydicom_decoders.Decoder) and syntax == decoder.UID:
            found |= {name: partial(theirs, name) for name in decoder.available_plugins}
    working = {}
    for name, decode in found.items():
        with suppress(Exception):  # one that cannot is no candidate
            decode(data)
            working[name] = decode
    return working


def main(rounds):
    """Print the table."""
    pixels = radiograph()
    files = {"Explicit VR Little Endian": ("1.2.840.10008.1.2.1", native(pixels, **TWELVE))}
    for name, syntax, encode in encoders():
        files[name] = (syntax, encapsulated(pixels, [encode(pixels)], syntax, **TWELVE))
    work = [
        (name, who, decode)
        for name, (syntax, data) in files.items()
        for who, decode in candidates(data, syntax).items()
    ]
    taken = {(name, who): [] for name, who, _ in work}
    for _ in range(rounds):
        for name, who, decode in work:
            started = time.process_time()
            decode(files[name][1])
            taken[name, who].append(1000 * (time.process_time() - started))
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    sys.stdout.write(f"{platform.machine()}, {load}, {rounds} rounds\n")
    sys.stdout.write("| transfer syntax | decoder | exact | least ms | median ms |\n|---|---|---|---|---|\n")
    for name, who, decode in work:
        exact = (
            "yes" if np.array_equal(pixels, np.asarray(decode(files[name][1])).astype(np.uint16)) else "no"
        )
        least, median = min(taken[name, who]), statistics.median(taken[name, who])
        sys.stdout.write(f"| {name} | {who} | {exact} | {least:.0f} | {median:.0f} |\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
