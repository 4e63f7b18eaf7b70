"""Fault 21: a small file that inflates to gigabytes fails, and the daemon's own memory stays as it was.

Break it: give the inflating in `model.dicom.file` no limit, and the child none of its memory either.
"""

import zlib

import numpy as np
import psutil

from tests.support.dicom_files import encapsulated, native
from tests.support.pictures import png_bytes

CHUNK = 1 << 24
DEFLATED = "1.2.840.10008.1.2.1.99"
DEFLATED_FRAME = "1.2.840.10008.1.2.8.1"
GREY = np.zeros((32, 32), np.uint16)


def bomb(gigabytes):
    """Give a deflate stream of zero bytes; 16 MiB take 16 KiB, and their block may be repeated."""
    stream = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    block = stream.compress(bytes(CHUNK)) + stream.flush(zlib.Z_FULL_FLUSH)
    return block * (gigabytes * (1 << 30) // CHUNK) + stream.flush(zlib.Z_FINISH)


def deflated(body):
    """Put a deflate stream behind the File Meta Information of a deflated file."""
    sound = native(GREY, DEFLATED)
    meta = int.from_bytes(sound[140:144], "little")  # the value of (0002,0000), which stands first
    return sound[: 144 + meta] + body


def test_a_bomb_fails_and_the_daemon_does_not_grow(daemon):
    picture = deflated(zlib_of(native(GREY)))
    bombs = {"2g.dcm": deflated(bomb(2))}
    bombs["frame.dcm"] = encapsulated(GREY, [bomb(1)], DEFLATED_FRAME)
    process = psutil.Process(daemon.process.pid)
    before = process.memory_info().rss

    codes = daemon.codes("bombs", {"sound.dcm": picture, "a.png": png_bytes(1), **bombs})

    assert codes.pop("frame.dcm") == "classified"  # of its frame, only the bytes that it needs are inflated
    assert (codes.pop("sound.dcm"), codes.pop("a.png")) == ("classified", "classified")
    assert set(codes.values()) <= {"too_large", "out_of_memory"}
    assert process.memory_info().rss - before < 1 << 26


def zlib_of(data):
    """Deflate the data set of an explicit little endian file."""
    meta = int.from_bytes(data[140:144], "little")
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data[144 + meta :]) + stream.flush()
