"""Fault 25: a PNG bomb meets our own limit, and the format is told by content, never by name.

Break it: leave the size to Pillow, which only warns up to 178 megapixels; open files without `formats`.
"""

import io

import psutil
import pytest
from PIL import Image

from tests.support.bombs import black_png, png_with_text
from tests.support.pictures import png_bytes


def in_format(kind):
    buffer = io.BytesIO()
    Image.new("L", (30, 20)).save(buffer, kind)
    return buffer.getvalue()


def test_bombs_fail_and_the_daemon_does_not_grow(daemon):
    bombs = {f"{side}.png": black_png(side) for side in (9000, 13_000, 20_000)}
    texts = {"ztxt.png": png_with_text(b"zTXt", 200), "itxt.png": png_with_text(b"iTXt", 200)}
    process = psutil.Process(daemon.process.pid)
    before = process.memory_info().rss

    codes = daemon.codes("png_bombs", bombs | texts)

    assert dict.fromkeys(bombs, "too_large") == {name: codes[name] for name in bombs}
    assert {codes[name] for name in texts} <= {"unreadable", "bad_pixels", "classified"}
    assert process.memory_info().rss - before < 1 << 26


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "BMP", "WEBP", "PPM", "ICO"])
def test_other_formats_are_unknown_whatever_they_are_called(daemon, kind):
    names = {f"a.{ending}": in_format(kind) for ending in ("png", "jpg", "dcm")}

    assert dict.fromkeys(names, "unknown_format") == daemon.codes(f"format_{kind}", names)


def test_a_name_says_nothing(daemon):
    assert daemon.codes("misnamed", {"a.jpg": png_bytes(1), "a.exe": png_bytes(2), "a": png_bytes(3)}) == {
        "a.jpg": "classified",
        "a.exe": "classified",
        "a": "classified",
    }
