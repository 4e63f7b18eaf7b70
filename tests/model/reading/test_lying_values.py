"""What stored values mean, where the header lies about depth, sign, tables, windows or padding."""

import struct
import zlib

import cv2
import imagecodecs
import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
)

from tests.support.dicom_files import encapsulated, image, native, to_bytes
from tests.support.lying import EXPECTED, GREY, PICTURE, WHOLE_RANGE, greys, picture, shown

XA = "1.2.840.10008.5.1.4.1.1.12.1"
RF = "1.2.840.10008.5.1.4.1.1.12.2"
BIPLANE = "1.2.840.10008.5.1.4.1.1.12.3"
"""Retired; old archives hold them."""


def curve(entries):
    """Give a Modality LUT."""
    table = Dataset()
    table.add_new("LUTDescriptor", "US", [4096, 0, 16])
    table.ModalityLUTType = "US"
    table.add_new("LUTData", "US", entries.astype(int).tolist())
    return {"ModalityLUTSequence": Sequence([table])}


@pytest.mark.parametrize("sop_class", [XA, RF, BIPLANE])
@pytest.mark.parametrize(
    "elements",
    [
        curve(np.geomspace(1, 65535, 4096)),
        curve(np.linspace(65535, 0, 4096)),
        {"RescaleSlope": -3, "RescaleIntercept": 9},
    ],
    ids=["logarithmic", "inverse", "slope"],
)
def test_the_modality_lut_of_fluoroscopy_is_not_for_display(sop_class, elements):
    plain = shown(native(PICTURE, SOPClassUID=sop_class, **WHOLE_RANGE))[0]

    np.testing.assert_array_equal(
        plain, shown(native(PICTURE, SOPClassUID=sop_class, **elements, **WHOLE_RANGE))[0]
    )
    assert greys(plain, shown(native(PICTURE, **elements, **WHOLE_RANGE))[0]) > 9


@pytest.mark.parametrize(("bits", "largest"), [(16, 4095), (16, 1023), (12, 255), (16, 255)])
def test_a_table_narrower_than_it_says_is_scaled_by_its_largest_entry(bits, largest):
    entries = np.linspace(0, largest, 4096).astype(int)
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [4096, 0, bits])
    item.add_new("LUTData", "US", entries.tolist())
    found, warnings = shown(native(PICTURE, BitsStored=12, HighBit=11, VOILUTSequence=Sequence([item])))

    assert greys(EXPECTED, found) < 2
    assert "lut_entries_narrow" in warnings


@pytest.mark.parametrize("stored", [8, 10, 11])
@pytest.mark.parametrize("is_signed", [False, True])
def test_a_picture_in_more_bits_than_stored_says(stored, is_signed):
    """`_bits_of_picture`: without the bits above, neighbours differ by whole turns of the range."""
    pixels = PICTURE.astype(np.int16) - 2048 if is_signed else PICTURE
    window = {"WindowCenter": 0 if is_signed else 2048, "WindowWidth": 4096}
    found, warnings = shown(native(pixels, BitsStored=stored, HighBit=stored - 1, **window))

    assert greys(EXPECTED, found) < 1
    assert "bits_stored_contradicts" in warnings


@pytest.mark.parametrize("bits", [13, 14, 16])
@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless])
def test_a_stream_of_more_bits_than_stored_says_is_shown_whole(bits, syntax):
    values = picture(bits=bits)
    window = {"WindowCenter": 2 ** (bits - 1), "WindowWidth": 2**bits}
    if syntax == JPEG2000Lossless:
        frame = imagecodecs.jpeg2k_encode(values, level=0, bitspersample=bits, codecformat="J2K")
    else:
        frame = imagecodecs.jpegls_encode(values)
    header = {"BitsStored": 12, "HighBit": 11, **window}
    found, warnings = shown(encapsulated(values, [frame], syntax, **header))

    sound = shown(native(values, **window, BitsStored=bits, HighBit=bits - 1))[0]
    assert greys(sound, found) < 1
    assert "bits_stored_contradicts" in warnings


def test_an_overlay_in_the_bits_above_stays_hidden():
    text = np.zeros_like(GREY)
    cv2.putText(text, "R", (6, 50), cv2.FONT_HERSHEY_SIMPLEX, 1.6, 1, 3)
    half = np.zeros_like(GREY)
    half[:30] = 1
    for overlay in (text, half, np.ones_like(GREY)):
        found, warnings = shown(native(PICTURE | overlay.astype(np.uint16) << 12, **WHOLE_RANGE))
        np.testing.assert_array_equal(EXPECTED, found)
        assert warnings == set()


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_a_png_of_16_bits_that_uses_fewer_is_shown_by_those(bits):
    values = picture(bits=bits)
    found, warnings = shown(imagecodecs.png_encode(values))

    assert greys(values * (65535 / ((1 << bits) - 1)), found) < 1
    assert warnings == {"png_range_unused"}


@pytest.mark.parametrize("padding", [-30000, -32768, -2049])
def test_padding_in_the_other_sign_is_the_same_bits(padding):
    pixels = PICTURE.astype(np.int16) - 2048
    pixels[:9] = padding
    data = image(pixels)
    data.add_new("PixelPaddingValue", "US", padding + 65536)
    sound = image(pixels)
    sound.add_new("PixelPaddingValue", "SS", padding)

    np.testing.assert_array_equal(shown(to_bytes(sound))[0], shown(to_bytes(data))[0])
    assert (shown(to_bytes(data))[0][:9] == 0).all()


def test_padding_of_unsigned_pixels_in_a_signed_element_is_the_same_bits():
    pixels = PICTURE + 9
    pixels[:9] = 65535
    data = image(pixels)
    data.add_new("PixelPaddingValue", "SS", -1)

    assert (shown(to_bytes(data))[0][:9] == 0).all()


@pytest.mark.parametrize("is_implicit", [False, True])
@pytest.mark.parametrize("slope", [1, -1])
def test_the_first_value_of_a_voi_table_has_the_sign_of_its_input(is_implicit, slope):
    """`_may_be_negative`: unsigned pixels, and a rescale that makes negative values of them."""
    item = Dataset()
    first = -1024 if slope == 1 else 1024 - 4095
    item.add_new("LUTDescriptor", "SS", [4096, first, 16])
    item.add_new("LUTData", "US", np.linspace(0, 65535, 4096).astype(int).tolist())
    elements = {"RescaleSlope": slope, "RescaleIntercept": -1024 * slope, "BitsStored": 12, "HighBit": 11}
    dataset = image(PICTURE, VOILUTSequence=Sequence([item]), **elements)
    found, _ = shown(to_bytes(dataset, *([ImplicitVRLittleEndian] if is_implicit else [])))

    wanted = EXPECTED if slope == 1 else 65535 - EXPECTED
    assert greys(wanted, found) < 1


def test_a_first_value_beyond_32767_is_unsigned_where_the_input_is():
    item = Dataset()
    item.add_new("LUTDescriptor", "SS", [4096, 40000 - 65536, 16])
    item.add_new("LUTData", "US", np.linspace(0, 65535, 4096).astype(int).tolist())
    found, _ = shown(native(PICTURE + 40000, VOILUTSequence=Sequence([item])))

    assert greys(EXPECTED, found) < 1


@pytest.mark.parametrize(
    ("pixels", "window"),
    [
        (PICTURE, {"WindowCenter": 127, "WindowWidth": 254}),
        (PICTURE, {"WindowCenter": 32768, "WindowWidth": 65536}),
        (GREY, {"WindowCenter": 2048, "WindowWidth": 4096}),
    ],
)
def test_a_window_of_another_depth_is_warned_of(pixels, window):
    assert "window_misses_picture" in shown(native(pixels, **window))[1]


@pytest.mark.parametrize("bits", [10, 12, 16])
def test_a_signed_stream_under_an_unsigned_header_is_shifted_back(bits):
    values = picture(bits=bits)
    header = {
        "BitsStored": bits,
        "HighBit": bits - 1,
        "WindowCenter": 2 ** (bits - 1),
        "WindowWidth": 2**bits,
    }
    signed = (values.astype(np.int32) - 2 ** (bits - 1)).astype(np.int16)
    frame = imagecodecs.jpeg2k_encode(signed, level=0, bitspersample=bits)
    found, warnings = shown(encapsulated(values, [frame], JPEG2000Lossless, **header))

    np.testing.assert_array_equal(shown(native(values, **header))[0], found)
    assert "pixel_representation_contradicts" in warnings


@pytest.mark.parametrize(
    ("size", "value"), [((10, 10), 0), ((4, 3), 0), ((10, 10), 4095)], ids=["plate", "screw", "highest"]
)
def test_metal_of_the_padding_value_is_shown_and_padding_is_not(size, value):
    pixels = PICTURE // 2 + 500
    pixels[:12] = pixels[:, :3] = value
    pixels[30 : 30 + size[0], 20 : 20 + size[1]] = value
    options = {
        "PhotometricInterpretation": "MONOCHROME2" if value else "MONOCHROME1",
        "PixelPaddingValue": value,
    }
    found, warnings = shown(native(pixels, **WHOLE_RANGE, **options))

    assert (found[30 : 30 + size[0], 20 : 20 + size[1]] == 65535).all()
    assert (found[:12] == 0).all()
    assert warnings == {"padding_within_picture"}


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_a_png_whose_significant_bits_are_fewer_is_shown_by_those(bits):
    """The chunk sBIT says what the values use; they stand at the lower end all the same."""
    data = imagecodecs.png_encode(picture(bits=bits))
    significant = b"sBIT" + bytes([bits])
    chunk = struct.pack(">L", 1) + significant + struct.pack(">L", zlib.crc32(significant))
    found, warnings = shown(data[:33] + chunk + data[33:])

    assert greys(picture(bits=bits) * (65535 / ((1 << bits) - 1)), found) < 1
    assert warnings == {"png_range_unused"}
