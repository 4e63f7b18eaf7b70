"""Fault 23: a file cut anywhere, or whose lengths lie, is neither classified nor called sound.

Break it: let `model.reading.dicom.file` trust pydicom, which reads 3 bytes for a length of 0xFFFFFFF0 without
an error, or `_without_pixels` say `NoImage` whenever the pixels are not there.

A file that ends exactly between two elements, before its Pixel Data, cannot be told from a header that was
exported alone: it holds no picture, and the answer says so.
"""

import io
import random
import struct

import numpy as np
import pydicom
import pytest
from pydicom.dataelem import RawDataElement

from model.errors import ScanError
from model.reading.prepare import prepare
from tests.fuzz.samples import samples

PIXEL_DATA = b"\xe0\x7f\x10\x00"
SAMPLES = samples()
CUTS = 50


def places(name, data):
    """Give places to cut: around the pixel data element's header, in its value, and anywhere."""
    generator = random.Random(name)  # noqa: S311
    chosen = set(generator.sample(range(1, len(data)), min(CUTS, len(data) - 1)))
    if PIXEL_DATA in data:
        chosen |= {data.rindex(PIXEL_DATA) + step for step in (-1, 0, 2, 4, 6, 8, 10, 12, 13)}
    return sorted(chosen | {len(data) - 1, len(data) - 2})


def boundaries(data):
    """Give the places between two elements of a data set, before its pixels: a cut there leaves a header."""
    if data[128:132] != b"DICM" and data[:2] != b"\x08\x00":
        return set()
    dataset = pydicom.dcmread(io.BytesIO(data), force=True, stop_before_pixels=True)
    found = (dataset.get_item(tag) for tag in dataset.keys())  # noqa: SIM118  # iterating gives elements
    ends = {item.value_tell + item.length for item in found if isinstance(item, RawDataElement)}
    return ends | {data.rindex(PIXEL_DATA)} if PIXEL_DATA in data else ends


@pytest.mark.parametrize("name", SAMPLES)
def test_a_cut_file_is_classified_only_if_its_pixels_are_whole(name):
    data = SAMPLES[name]
    whole = prepare(data).inputs
    answers = set()
    between = boundaries(data)
    for place in places(name, data):
        if place in between:
            assert answer(data[:place]) in ("no_image", "truncated")
            continue
        try:
            np.testing.assert_array_equal(whole, prepare(data[:place]).inputs)
            answers.add("classified")
        except ScanError as error:
            answers.add(error.code)

    assert answers <= {"truncated", "classified", "unknown_format"}
    assert "truncated" in answers


def test_the_daemon_gives_cut_files_the_same_answer(daemon):
    data = SAMPLES["explicit"]
    at = data.rindex(PIXEL_DATA)
    ends = (140, 300, at - 1, at, at + 4, at + 8, at + 12, len(data) - 1)
    cut = {f"{place}.dcm": data[:place] for place in ends}
    expected = dict.fromkeys(cut, "truncated") | {f"{at}.dcm": "no_image"}

    assert expected == daemon.codes("cut", cut)


def test_the_daemon_agrees_about_every_cut(daemon, size):
    names = size(["png_colour_16", "jpeg_ls"], list(SAMPLES))
    cut = {
        f"{name}-{place}": SAMPLES[name][:place]
        for name in names
        for place in places(name, SAMPLES[name])[:: size(10, 1)]
    }
    expected = {name: answer(data) for name, data in cut.items()}

    assert expected == daemon.codes("cuts", cut, timeout_s=60 + len(cut))


def answer(data):
    try:
        prepare(data)
    except ScanError as error:
        return error.code
    return "classified"


@pytest.mark.parametrize("length", [0, 3, 0x7FFFFFFF, 0xFFFFFFF0, 0xFFFFFFFE])
@pytest.mark.parametrize("name", ["implicit", "explicit"])
def test_a_length_of_the_pixels_that_lies_is_not_believed(name, length):
    data = bytearray(SAMPLES[name])
    step = 4 if name == "implicit" else 8
    struct.pack_into("<L", data, data.rindex(PIXEL_DATA) + step, length)

    with pytest.raises(ScanError) as caught:
        prepare(bytes(data))
    assert caught.value.code == "truncated"
