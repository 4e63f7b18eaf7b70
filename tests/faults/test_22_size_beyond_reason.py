"""Fault 22: rows, columns and frames beyond reason are refused before a pixel is decoded.

Break it: check the limits behind the decoder in `model.reading.decoders.layout`, or leave frames out of them.
"""

import struct
import tracemalloc
import zlib

import numpy as np
import pytest

from model.errors import TooLarge
from model.reading.decode import Limits
from model.reading.prepare import prepare
from tests.support.dicom_files import encapsulated, native, rle
from tests.support.pictures import jpeg_bytes, png_bytes

GREY = np.zeros((20, 30), np.uint8)
RLE = "1.2.840.10008.1.2.5"
LARGEST = {"Rows": 65535, "Columns": 65535}


def png_of_size(rows, columns):
    data = png_bytes(1)
    header = b"IHDR" + struct.pack(">LL", columns, rows) + data[24:29]
    return data[:12] + header + struct.pack(">L", zlib.crc32(header)) + data[33:]


def jpeg_of_size(rows, columns):
    data = bytearray(jpeg_bytes(1))
    struct.pack_into(">HH", data, data.index(b"\xff\xc0") + 5, rows, columns)
    return bytes(data)


TOO_LARGE = {
    "native.dcm": native(GREY, **LARGEST),
    "rle.dcm": encapsulated(GREY, [rle(GREY)], RLE, **LARGEST),
    "frames.dcm": encapsulated(GREY, [rle(GREY)], RLE, NumberOfFrames=9999),
    "native_frames.dcm": native(GREY, NumberOfFrames=9999),
    "a.png": png_of_size(65535, 65535),
    "b.png": png_of_size(1 << 30, 1 << 30),
    "a.jpg": jpeg_of_size(65535, 65535),
}


def test_what_is_beyond_reason_fails_as_too_large(daemon):
    assert dict.fromkeys(TOO_LARGE, "too_large") == daemon.codes("sizes", TOO_LARGE)


@pytest.mark.parametrize("name", TOO_LARGE)
def test_it_is_refused_before_memory_is_taken(name):
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            prepare(TOO_LARGE[name])
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_the_limits_can_be_set():
    with pytest.raises(TooLarge):
        prepare(native(GREY), Limits(max_pixels_per_frame=599))
    with pytest.raises(TooLarge):
        prepare(native(np.stack([GREY, GREY])), Limits(max_frames=1))
    assert len(prepare(native(GREY), Limits(max_pixels_per_frame=600)).inputs) == 1
