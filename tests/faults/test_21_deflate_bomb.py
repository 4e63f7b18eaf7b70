"""Fault 21: a small file that inflates to gigabytes fails, and the daemon's own memory stays as it was.

Break it: give the inflating in `model.reading.dicom.file` no limit, and the child none of its memory either.
"""

import zlib

import numpy as np
import psutil

from tests.support.bombs import DEFLATED_FRAME, deflate_stream, deflated_file
from tests.support.dicom_files import encapsulated, native
from tests.support.pictures import png_bytes

GREY = np.zeros((32, 32), np.uint16)


def test_a_bomb_fails_and_the_daemon_does_not_grow(daemon, size, record_property):
    """A MB becomes a GB, and two MB two."""
    count = size(2, 20)
    bombs = {f"{n}.dcm": deflated_file(deflate_stream(1024 * (1 + n % 2))) for n in range(count)}
    frame = encapsulated(GREY, [deflate_stream(1024)], DEFLATED_FRAME)
    sound = {"sound.dcm": deflated_file(deflated(native(GREY))), "a.png": png_bytes(1), "frame.dcm": frame}
    process = psutil.Process(daemon.process.pid)
    before = process.memory_info().rss

    codes = daemon.codes("bombs", sound | bombs, timeout_s=60 + 10 * count)

    record_property("files", count)
    assert {len(bombs["0.dcm"]) >> 20, len(bombs["1.dcm"]) >> 20} == {0, 1}
    assert codes.pop("frame.dcm") == "classified"  # of its frame, only the bytes that it needs are inflated
    assert (codes.pop("sound.dcm"), codes.pop("a.png")) == ("classified", "classified")
    assert codes == dict.fromkeys(bombs, "too_large")
    assert process.memory_info().rss - before < 1 << 26


def deflated(data):
    """Deflate the data set of an explicit little endian file."""
    meta = int.from_bytes(data[140:144], "little")
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data[144 + meta :]) + stream.flush()
