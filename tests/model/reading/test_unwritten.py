"""Fault 75, by the bytes alone: what a writer made room for and did not fill, and what only looks so."""

import io
import os

import numpy as np
import pytest
from PIL import Image

from model.reading.completeness import Completeness, Written, examine, judge_holes
from model.reading.prepare import prepare
from model.reading.unwritten import find_holes, forget_reading
from tests.support.dicom_files import native
from tests.support.limits import LIMITS
from tests.support.pictures import jpeg_bytes, png_bytes

COMPLETE, INCOMPLETE = Completeness.COMPLETE, Completeness.INCOMPLETE
ALL, DOUBTFUL, IN_PART = Written
NOISE = np.random.default_rng(1).integers(1, 4096, (600, 500), dtype=np.uint16)


def black_from(row, column=0):
    """Give a picture that is black from a place on, and its file."""
    pixels = NOISE.copy()
    pixels[row, column:] = 0
    pixels[row + 1 :] = 0
    return native(pixels)


def raster(kind, pixels=NOISE, **more):
    """Give a file of one of the other formats, with so much noise that it has many blocks."""
    buffer = io.BytesIO()
    Image.fromarray((pixels % 256).astype(np.uint8)).save(buffer, kind, **more)
    return buffer.getvalue()


@pytest.fixture
def sparse(tmp_path):
    """Write a file of which some parts are left out; give it open for reading."""
    opened = []

    def made(data, *left_out, how="truncate"):
        path = tmp_path / "file"
        with path.open("wb") as file:
            if how == "truncate":
                file.truncate(len(data))
            else:
                os.posix_fallocate(file.fileno(), 0, len(data))
            at = 0
            for start, stop in (*left_out, (len(data), len(data))):
                os.pwrite(file.fileno(), data[at:start], at)
                at = stop
        opened.append(path.open("rb"))
        return opened[-1]

    yield made
    for file in opened:
        file.close()


def judged(file):
    holes = find_holes(file)
    size = os.fstat(file.fileno()).st_size
    return examine(file, size), examine(file, size, holes), judge_holes(file, size, holes)


@pytest.mark.parametrize("how", ["truncate", "fallocate"])
@pytest.mark.parametrize(
    ("written", "verdict"), [(0.1, IN_PART), (0.5, IN_PART), (0.9, IN_PART), (0.96, DOUBTFUL)]
)
def test_the_part_of_native_pixels_that_was_never_written_is_a_hole(sparse, how, written, verdict):
    data = native(NOISE)
    file = sparse(data, (int(len(data) * written), len(data)), how=how)
    assert judged(file) == (COMPLETE, INCOMPLETE, verdict)


def test_a_black_border_of_which_a_copy_made_a_hole_is_in_doubt(sparse):
    """Break it: let any hole count. `cp` copies holes, and such a file fails however often it is sent."""
    data = black_from(580)  # of 600 rows
    file = sparse(data, (len(data) - 16 * 1000, len(data)))
    assert judged(file) == (COMPLETE, INCOMPLETE, DOUBTFUL)


def test_a_hole_that_data_follow_is_one_that_a_copy_made_of_zeros(sparse):
    pixels = NOISE.copy()
    pixels[100:200] = 0
    black_png = raster(
        "PNG", NOISE * 0, compress_level=0
    )  # its checksums tell what was zeros: test_png_end.py
    for data in (native(pixels), black_png, raster("JPEG")):
        middle = len(data) // 4
        file = sparse(data, (middle, middle + 3 * 4096))
        assert find_holes(file) != ()
        assert judged(file)[1:] == (judged(file)[0], ALL)


def test_half_a_file_of_another_format_lacks_its_end_marker(sparse):
    for data in (raster("PNG"), raster("JPEG")):
        file = sparse(data, (len(data) // 2, len(data)))
        assert judged(file) == (INCOMPLETE, INCOMPLETE, ALL)  # as it always was


def test_room_behind_the_picture_that_was_not_needed_is_no_hole_in_it(sparse):
    for data in (native(NOISE), png_bytes(1), jpeg_bytes(1)):
        file = sparse(data + bytes(1 << 20), (len(data), len(data) + (1 << 20)))
        assert judged(file) == (COMPLETE, COMPLETE, ALL)


def test_a_whole_file_and_one_in_memory_have_no_holes(sparse):
    data = native(NOISE)
    assert judged(sparse(data)) == (COMPLETE, COMPLETE, ALL)
    assert find_holes(io.BytesIO(data)) == ()


@pytest.mark.parametrize("how", ["truncate", "fallocate"])
def test_holes_are_found_again_after_reading(sparse, how):
    """Break it: leave the pages in memory: room that was reserved counts as written then."""
    data = native(NOISE)
    file = sparse(data, (len(data) // 2, len(data)), how=how)
    holes = find_holes(file)
    file.read()
    forget_reading(file)
    assert find_holes(file) == holes != []
    assert file.read() == data[: len(data) // 2] + bytes(len(data) - len(data) // 2)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_zeros_from_a_block_of_the_file_to_the_end_are_waited_for_where_holes_are_not_known(share):
    data = native(NOISE)
    cut = int(len(data) * (1 - share)) // 4096 * 4096
    half = data[:cut] + bytes(len(data) - cut)
    assert examine(io.BytesIO(half), len(half)) is INCOMPLETE
    assert "ends_in_zeros" in prepare(half, LIMITS.pixels).warnings


@pytest.mark.parametrize(("row", "column"), [(590, 0), (560, 3), (480, 0)])
def test_a_black_border_below_a_real_picture_is_neither_waited_for_nor_warned_of(row, column):
    data = black_from(row, column)
    assert examine(io.BytesIO(data), len(data)) is COMPLETE
    assert "ends_in_zeros" not in prepare(data, LIMITS.pixels).warnings


def test_much_black_that_begins_anywhere_is_warned_of_and_not_waited_for():
    for row in (100, 200, 300, 400):
        data = black_from(row)
        assert examine(io.BytesIO(data), len(data)) is COMPLETE
        assert "ends_in_zeros" in prepare(data, LIMITS.pixels).warnings


def test_a_picture_that_is_black_throughout_is_whole():
    data = native(np.zeros((600, 500), np.uint16))
    assert examine(io.BytesIO(data), len(data)) is COMPLETE
