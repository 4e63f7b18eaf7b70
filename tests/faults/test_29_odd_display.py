"""Fault 29: whatever the header says of display, the picture is finite, or the error has a name.

Break it: divide by the window's width unchecked, or let NaN through in `model.reading.normalise._show`.
"""

from contextlib import suppress

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from model.errors import BadHeader, BadPixels
from model.reading.prepare import open_pictures, prepare
from tests.support.dicom_files import native

NUMBERS = ["0", "1", "-1", "0.5", "1e-30", "1e30", "1e308", "-1e308", "NaN", "inf", "-inf", "", "abc", "4096"]
numbers = st.sampled_from(NUMBERS) | st.integers(-70000, 70000).map(str)
elements = st.fixed_dictionaries(
    {},
    optional={
        "WindowCenter": numbers,
        "WindowWidth": numbers,
        "RescaleSlope": numbers,
        "RescaleIntercept": numbers,
        "VOILUTFunction": st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID", "", "ODD"]),
        "PhotometricInterpretation": st.sampled_from(["MONOCHROME1", "MONOCHROME2"]),
        "BitsStored": st.integers(1, 16),
        "PixelPaddingValue": st.integers(0, 65535),
    },
)
pictures = st.sampled_from(["constant", "ramp", "two", "noise"])
kinds = st.sampled_from(["u1", "u2", "i2"])


def pixels(name, kind):
    highest = np.iinfo(kind).max
    made = {
        "constant": np.full((9, 8), highest // 3),
        "ramp": np.add.outer(np.arange(9), np.arange(8)) * (highest // 17),
        "two": np.indices((9, 8)).sum(axis=0) % 2 * highest,
        "noise": np.random.default_rng(29).integers(0, highest, (9, 8)),
    }
    return made[name].astype(kind)


def odd_file(stored, given_elements):
    """Write a file as no library would: values go into it as they are."""
    given_elements = dict(given_elements)
    stored_bits = min(given_elements.pop("BitsStored", 16), stored.dtype.itemsize * 8)
    texts = {k: v for k, v in given_elements.items() if k.startswith(("Window", "Rescale"))}
    rest = {k: v for k, v in given_elements.items() if k not in texts}
    if stored.dtype.kind == "i" and "PixelPaddingValue" in rest:
        rest["PixelPaddingValue"] -= 32768
    marks = {name: f"{1000 + number:016}" for number, name in enumerate(texts)}
    data = native(stored, BitsStored=stored_bits, HighBit=stored_bits - 1, **rest, **marks)
    for name, text in texts.items():
        data = data.replace(marks[name].encode(), text.ljust(16).encode())
    return data


def many(check, examples, *strategies):
    """Try a check on so many examples, the same in each run."""
    settings(max_examples=examples, derandomize=True, deadline=None)(given(*strategies)(check))()


def test_the_picture_is_finite_or_the_error_has_a_name(size):
    many(is_finite_or_refused, size(500, 2000), pictures, kinds, elements)


def is_finite_or_refused(picture, kind, odd):
    data = odd_file(pixels(picture, kind), odd)
    try:
        (shown,) = open_pictures(data)
    except (BadHeader, BadPixels):
        return
    assert shown.dtype == np.uint16, "which cannot hold what is not finite"
    assert picture != "constant" or shown.min() == shown.max()


def test_a_lookup_table_may_lack_anything(size):
    sequences = st.sampled_from(["ModalityLUTSequence", "VOILUTSequence"])
    descriptors = st.lists(st.integers(0, 65535), max_size=3)
    many(is_read_or_refused, size(200, 1000), sequences, descriptors, st.none() | st.binary(max_size=8))


def is_read_or_refused(sequence, descriptor, entries):
    item = Dataset()
    if descriptor:
        item.LUTDescriptor = descriptor
    if entries is not None:
        item.add_new("LUTData", "OW", entries)
    data = native(pixels("ramp", "u2"), **{sequence: [item]})
    if sequence == "VOILUTSequence":  # which may be done without
        assert prepare(data).inputs.dtype == np.uint16
        return
    with suppress(BadHeader):
        assert prepare(data).inputs.dtype == np.uint16
