"""Headers that lie, kind by kind: the picture that a viewer shows, and a warning.

Each test makes its own files. Break one: take the rule that its docstring names out of the code.
"""

import io
import struct
import zlib

import cv2
import imagecodecs
import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from model.errors import BadPixels, NoImage, ScanError, Truncated
from model.reading.prepare import open_pictures
from tests.support.dicom_files import encapsulated, image, native, rle, to_bytes

WHOLE_RANGE = {"BitsStored": 12, "HighBit": 11, "WindowCenter": 2048, "WindowWidth": 4096}
XA = "1.2.840.10008.5.1.4.1.1.12.1"
RF = "1.2.840.10008.5.1.4.1.1.12.2"


def picture(rows=64, columns=48, bits=12):
    """Give a bright shape on dark ground, with edges and a little noise: uint16, of so many bits."""
    y, x = np.mgrid[0:rows, 0:columns]
    shape = np.clip(1.2 - np.hypot((x - columns / 2) / 14, (y - rows / 2) / 40), 0, 1)
    noise = np.random.default_rng(5).normal(0, 0.004, (rows, columns))
    scaled = np.clip(0.04 + 0.3 * y / rows + 0.62 * shape + noise, 0, 1)
    return (scaled * (2**bits - 1)).astype(np.uint16)


PICTURE = picture()
GREY = (PICTURE >> 4).astype(np.uint8)


def shown(data):
    """Give the only picture, and the warnings."""
    pictures = open_pictures(data)
    (only,) = pictures
    return only, pictures.warnings


def greys(first, second):
    """Give the mean difference of two pictures, in 1 of 256."""
    return np.abs(first.astype(float) - second.astype(float)).mean() / 257


EXPECTED = shown(native(PICTURE, **WHOLE_RANGE))[0]
RGB = np.stack([GREY] * 3, axis=-1)
YBR = np.stack([GREY, np.full_like(GREY, 128), np.full_like(GREY, 128)], axis=-1)
EXPECTED_8 = shown(native(GREY))[0]


@pytest.mark.parametrize("label", ["RGB", "YBR_FULL", "YBR_FULL_422"])
@pytest.mark.parametrize("subsampling", [None, "420", "422"])
def test_colours_of_a_jpeg_are_what_the_stream_says(label, subsampling):
    """`FrameHeader.is_ycbcr`: JFIF, and sampling factors, before the label."""
    frame = imagecodecs.jpeg8_encode(RGB, level=98, subsampling=subsampling)
    found, warnings = shown(encapsulated(RGB, [frame], JPEGBaseline8Bit, PhotometricInterpretation=label))

    assert greys(EXPECTED_8, found) < 2
    assert ("colour_label_contradicts" in warnings) == (label == "RGB")


def test_components_named_rgb_are_rgb():
    frame = bytearray(imagecodecs.jpeg8_encode(RGB, level=98, colorspace="RGB", outcolorspace="RGB"))
    adobe = frame.find(b"\xff\xee")
    length = struct.unpack_from(">H", frame, adobe + 2)[0]
    del frame[adobe : adobe + 2 + length]
    for mark in (b"\xff\xc0", b"\xff\xda"):  # name the components R, G and B
        at = frame.find(mark) + (10 if mark == b"\xff\xc0" else 5)
        step = 3 if mark == b"\xff\xc0" else 2
        frame[at : at + 3 * step : step] = b"RGB"
    label = {"PhotometricInterpretation": "YBR_FULL"}
    found, warnings = shown(encapsulated(RGB, [bytes(frame)], JPEGBaseline8Bit, **label))

    assert greys(EXPECTED_8, found) < 2
    assert "colour_label_contradicts" in warnings


@pytest.mark.parametrize("syntax", ["native", RLELossless, JPEGLSLossless])
@pytest.mark.parametrize(("pixels", "label"), [(YBR, "RGB"), (RGB, "YBR_FULL")])
def test_colours_without_a_stream_are_what_they_can_be(syntax, pixels, label):
    """`plausible_label`: a grey picture's chroma lies in the middle; black is no YCbCr."""
    options = {"PhotometricInterpretation": label}
    if syntax == "native":
        data = native(pixels, **options)
    else:
        frame = rle(pixels) if syntax == RLELossless else imagecodecs.jpegls_encode(pixels)
        data = encapsulated(pixels, [frame], syntax, **options)
    found, warnings = shown(data)

    assert greys(EXPECTED_8, found) < 1
    assert "colour_label_contradicts" in warnings


@pytest.mark.parametrize(("pixels", "label"), [(RGB, "RGB"), (YBR, "YBR_FULL")])
def test_sound_colours_are_not_doubted(pixels, label):
    assert shown(native(pixels, PhotometricInterpretation=label))[1] == set()


def test_a_grey_rgb_picture_of_one_value_is_not_called_ybr():
    assert shown(native(np.full((9, 8, 3), 128, np.uint8)))[1] <= {"constant_picture"}


@pytest.mark.parametrize("label", ["YBR_FULL_422", "YBR_PARTIAL_422"])
@pytest.mark.parametrize("columns", [48, 47])
def test_whole_samples_under_a_label_of_shared_ones(label, columns):
    """`_by_length`: three whole samples a pixel."""
    pixels = YBR[:, :columns]
    found, warnings = shown(native(pixels, PhotometricInterpretation=label))

    assert greys(EXPECTED_8[:, :columns], found) < 1
    assert "colour_sampling_contradicts" in warnings


@pytest.mark.parametrize("sop_class", [XA, RF])
def test_the_modality_lut_of_fluoroscopy_is_not_for_display(sop_class):
    table = Dataset()
    table.add_new("LUTDescriptor", "US", [4096, 0, 16])
    table.ModalityLUTType = "US"
    table.add_new("LUTData", "US", (np.geomspace(1, 65535, 4096)).astype(int).tolist())
    plain = shown(native(PICTURE, SOPClassUID=sop_class, **WHOLE_RANGE))[0]
    curved = native(PICTURE, SOPClassUID=sop_class, ModalityLUTSequence=Sequence([table]), **WHOLE_RANGE)
    slope = native(PICTURE, SOPClassUID=sop_class, RescaleSlope=-3, RescaleIntercept=9, **WHOLE_RANGE)

    np.testing.assert_array_equal(plain, shown(curved)[0])
    np.testing.assert_array_equal(plain, shown(slope)[0])
    elsewhere = native(PICTURE, RescaleSlope=-3, RescaleIntercept=9, **WHOLE_RANGE)
    assert greys(plain, shown(elsewhere)[0]) > 9


@pytest.mark.parametrize(("bits", "largest"), [(16, 4095), (16, 1023), (12, 255), (16, 255)])
def test_a_table_narrower_than_it_says_is_scaled_by_its_largest_entry(bits, largest):
    entries = np.linspace(0, largest, 4096).astype(int)
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [4096, 0, bits])
    item.add_new("LUTData", "US", entries.tolist())
    found, warnings = shown(native(PICTURE, BitsStored=12, HighBit=11, VOILUTSequence=Sequence([item])))

    assert greys(EXPECTED, found) < 2
    assert "lut_entries_narrow" in warnings


@pytest.mark.parametrize(("pixels", "syntax"), [(PICTURE, JPEGLSLossless), (PICTURE, JPEGLosslessSV1)])
@pytest.mark.parametrize("rubbish", [b"\r\n", b" " * 40, b"end of stream\x00", bytes(300)])
def test_what_stands_behind_the_end_marker_is_no_picture(pixels, syntax, rubbish):
    """`whole_stream`."""
    encode = imagecodecs.jpegls_encode if syntax == JPEGLSLossless else imagecodecs.ljpeg_encode
    options = {} if syntax == JPEGLSLossless else {"bitspersample": 12}
    found, _ = shown(encapsulated(pixels, [encode(pixels, **options) + rubbish], syntax, **WHOLE_RANGE))

    np.testing.assert_array_equal(EXPECTED, found)


def lossless(**elements):
    frame = imagecodecs.ljpeg_encode(PICTURE, bitspersample=12)
    return encapsulated(PICTURE, [frame], JPEGLosslessSV1, **(WHOLE_RANGE | elements))


@pytest.mark.parametrize("ending", [b"", bytes(20), b"\x00", b"\xfe\xff\xdd\xe0", b"\xfe\xff\xdd\xe0\x00"])
def test_a_missing_delimiter_is_no_missing_pixel(ending):
    """`_holds_all_frames`."""
    data = lossless()[:-8] + ending

    np.testing.assert_array_equal(EXPECTED, shown(data)[0])


@pytest.mark.parametrize("cut", [9, 20, 400])
def test_a_stream_that_is_really_cut_stays_truncated(cut):
    with pytest.raises(Truncated):
        shown(lossless()[: -8 - cut])


@pytest.mark.parametrize("surplus", [1, 2, 40])
def test_rle_that_holds_a_little_more(surplus):
    plain = PICTURE.astype("<u2")
    frame = rle(plain)
    extra = bytes([surplus - 1]) + b"\x07" * surplus
    extra += b"\x80" * (len(extra) % 2)
    found, warnings = shown(encapsulated(PICTURE, [frame + extra], RLELossless, **WHOLE_RANGE))

    np.testing.assert_array_equal(EXPECTED, found)
    assert "rle_surplus" in warnings


@pytest.mark.parametrize(
    "elements",
    [
        {"PixelAspectRatio": [2, 1]},
        {"PixelSpacing": [0.4, 0.2]},
        {"ImagerPixelSpacing": [0.4, 0.2]},
        {"NominalScannedPixelSpacing": [0.4, 0.2]},
        {"PixelSpacing": [0.4, 0.2], "ImagerPixelSpacing": [0.1, 0.9]},
    ],
)
def test_pixels_that_are_not_square_are_shown_at_their_aspect(elements):
    found, warnings = shown(native(PICTURE[::2], **WHOLE_RANGE, **elements))

    assert found.shape == EXPECTED.shape
    assert greys(EXPECTED, found) < 9
    assert warnings == {"pixels_not_square"}


@pytest.mark.parametrize("spacing", [[0.148, 0.1480001], [0, 0.2], [1, 4000], ["0.2"]])
def test_square_pixels_and_spacings_beyond_belief_stretch_nothing(spacing):
    assert shown(native(PICTURE, PixelSpacing=spacing, **WHOLE_RANGE))[0].shape == PICTURE.shape


@pytest.mark.parametrize("density", [(200, 100), (2, 1)])
def test_a_jpeg_file_of_two_densities_is_stretched(density):
    frame = bytearray(imagecodecs.jpeg8_encode(GREY[::2], level=98))
    at = frame.find(b"JFIF\x00")
    frame[at + 7] = 0
    frame[at + 8 : at + 12] = struct.pack(">HH", *density)

    assert shown(bytes(frame))[0].shape == GREY.shape


def with_densities(across, down):
    """Give every second row of a picture as a PNG of so many pixels a metre."""
    data = imagecodecs.png_encode(GREY[::2])
    physical = struct.pack(">LLB", across, down, 1)
    chunk = struct.pack(">L", 9) + b"pHYs" + physical
    chunk += struct.pack(">L", zlib.crc32(b"pHYs" + physical))
    return data[:33] + chunk + data[33:]


def test_a_png_file_of_two_densities_is_stretched():
    found, warnings = shown(with_densities(2000, 1000))

    assert found.shape == GREY.shape
    assert warnings == {"pixels_not_square"}


def test_densities_of_a_picture_file_beyond_belief_are_left_out_with_a_warning():
    found, warnings = shown(with_densities(20000, 1000))
    buffer = io.BytesIO()
    Image.fromarray(GREY[::2]).save(buffer, "JPEG", dpi=(2000, 100))

    assert found.shape == GREY[::2].shape
    assert warnings == {"pixel_aspect_ignored"}
    assert shown(buffer.getvalue())[1] == {"pixel_aspect_ignored"}


@pytest.mark.parametrize("stored", [8, 10, 11])
@pytest.mark.parametrize("is_signed", [False, True])
def test_a_picture_in_more_bits_than_stored_says(stored, is_signed):
    """`_bits_of_picture`: without the bits above, neighbours differ by whole turns of the range."""
    pixels = PICTURE.astype(np.int16) - 2048 if is_signed else PICTURE
    window = {"WindowCenter": 0 if is_signed else 2048, "WindowWidth": 4096}
    found, warnings = shown(native(pixels, BitsStored=stored, HighBit=stored - 1, **window))

    assert greys(EXPECTED, found) < 1
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


def test_padding_in_the_other_sign_is_the_same_bits():
    pixels = PICTURE.astype(np.int16) - 2048
    pixels[:9] = -30000
    data = image(pixels)
    data.add_new("PixelPaddingValue", "US", 35536)
    sound = image(pixels)
    sound.add_new("PixelPaddingValue", "SS", -30000)

    np.testing.assert_array_equal(shown(to_bytes(sound))[0], shown(to_bytes(data))[0])
    assert (shown(to_bytes(data))[0][:9] == 0).all()


def frames_of(count):
    pixels = np.stack([np.roll(PICTURE, 5 * turn, axis=1) for turn in range(count)])
    return pixels, [imagecodecs.ljpeg_encode(np.ascontiguousarray(one), bitspersample=12) for one in pixels]


@pytest.mark.parametrize("table", ["zero", "wrong", "cut"])
@pytest.mark.parametrize("fragments", [1, 2])
def test_a_wrong_offset_table_does_no_harm(table, fragments):
    pixels, frames = frames_of(3)
    data = bytearray(encapsulated(pixels, frames, JPEGLosslessSV1, fragments=fragments, **WHOLE_RANGE))
    at = data.rindex(struct.pack("<HHL", 0xFFFE, 0xE000, 12)) + 8
    data[at : at + 12] = {
        "zero": bytes(12),
        "wrong": struct.pack("<3L", 0, 7, 999_999),
        "cut": struct.pack("<3L", 0, 0, 8),
    }[table]
    found = list(open_pictures(bytes(data)))

    for frame, one in zip(pixels, found, strict=True):
        np.testing.assert_array_equal(shown(native(np.ascontiguousarray(frame), **WHOLE_RANGE))[0], one)


@pytest.mark.parametrize("fragments", [1, 2])
def test_frames_that_are_not_announced_are_warned_of(fragments):
    pixels, frames = frames_of(2)
    data = encapsulated(pixels, frames, JPEGLosslessSV1, fragments=fragments, **WHOLE_RANGE, NumberOfFrames=1)
    plain = native(pixels, **WHOLE_RANGE, NumberOfFrames=1)

    for one in (data, plain):
        found, warnings = shown(one)
        np.testing.assert_array_equal(EXPECTED, found)
        assert warnings == {"more_frames_than_said"}


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


def test_a_signed_stream_under_an_unsigned_header_is_shifted_back():
    frame = imagecodecs.jpeg2k_encode(PICTURE.astype(np.int16) - 2048, level=0, bitspersample=12)
    found, warnings = shown(encapsulated(PICTURE, [frame], JPEG2000Lossless, **WHOLE_RANGE))

    np.testing.assert_array_equal(EXPECTED, found)
    assert "pixel_representation_contradicts" in warnings


def with_length(data, *, bare):
    """Give the element of encapsulated pixels an explicit length; without items if `bare`."""
    at = data.rindex(b"\xe0\x7f\x10\x00OB")
    value = data[at + 12 : -8]
    if bare:
        table = 8 + struct.unpack_from("<L", value, 4)[0]
        value = value[table + 8 :]
    return data[: at + 8] + struct.pack("<L", len(value)) + value


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("ending", [b"", b"\xfc\xff\xfc\xffOB\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00"])
def test_encoded_frames_in_an_element_of_explicit_length(bare, ending):
    found, warnings = shown(with_length(lossless(), bare=bare) + ending)

    np.testing.assert_array_equal(EXPECTED, found)
    assert warnings == {"encapsulated_without_items" if bare else "encapsulated_with_length"}
    with pytest.raises(Truncated):
        shown(with_length(lossless(), bare=bare)[:-9])


def test_frames_of_explicit_length_without_items_are_told_apart():
    pixels, frames = frames_of(3)
    data = encapsulated(pixels, [b"".join(frames)], JPEGLosslessSV1, **WHOLE_RANGE)
    found = list(open_pictures(with_length(data, bare=True)))

    for frame, one in zip(pixels, found, strict=True):
        np.testing.assert_array_equal(shown(native(np.ascontiguousarray(frame), **WHOLE_RANGE))[0], one)


@pytest.mark.parametrize("missing", ["nothing", "PixelData", "icon"])
def test_a_whole_file_without_a_picture_is_no_image(missing):
    dataset = image(PICTURE, PixelData=None) if missing != "nothing" else image(PICTURE, PixelData=b"")
    if missing == "icon":
        dataset.IconImageSequence = Sequence([image(GREY[:8, :8])])

    with pytest.raises(NoImage):
        shown(to_bytes(dataset))


def test_a_file_whose_line_ends_were_rewritten_is_refused():
    data = native(PICTURE, **WHOLE_RANGE)
    head, pixels = data[: -PICTURE.nbytes], data[-PICTURE.nbytes :]
    assert pixels.count(b"\n") > 4
    mangled = head.replace(b"\n", b"\x0b") + pixels.replace(b"\r\n", b"..").replace(b"\n", b"\r\n")

    with pytest.raises(BadPixels, match="binary mode"):
        shown(mangled)
    assert shown(data + b"rubbish behind")[1] == {"bytes_behind_pixels"}
    assert shown(data + bytes(5))[1] == set()


def test_metal_of_the_padding_value_is_shown_and_padding_is_not():
    pixels = PICTURE // 2 + 500
    pixels[:12] = pixels[:, :3] = 0
    pixels[30:40, 20:30] = 0
    options = {"PhotometricInterpretation": "MONOCHROME1", "PixelPaddingValue": 0}
    found, warnings = shown(native(pixels, **WHOLE_RANGE, **options))

    assert (found[30:40, 20:30] == 65535).all()
    assert (found[:12] == 0).all()
    assert warnings == {"padding_within_picture"}


@pytest.mark.parametrize(
    ("elements", "inside", "outside"),
    [
        (
            {
                "ShutterShape": "RECTANGULAR",
                "ShutterLeftVerticalEdge": 11,
                "ShutterRightVerticalEdge": 30,
                "ShutterUpperHorizontalEdge": 6,
                "ShutterLowerHorizontalEdge": 50,
            },
            [(5, 10), (49, 29)],
            [(4, 10), (50, 29), (5, 9), (49, 30)],
        ),
        (
            {"ShutterShape": "CIRCULAR", "CenterOfCircularShutter": [32, 24], "RadiusOfCircularShutter": 10},
            [(31, 23), (31, 33), (21, 23)],
            [(31, 34), (20, 23), (0, 0)],
        ),
        (
            {"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": [11, 11, 11, 41, 51, 11]},
            [(11, 12), (20, 15)],
            [(50, 40), (5, 5)],
        ),
    ],
    ids=["rectangle", "circle", "polygon"],
)
def test_what_a_shutter_hides_is_black(elements, inside, outside):
    found, _ = shown(native(PICTURE | 1, **WHOLE_RANGE, **elements))

    assert all(found[place] for place in inside)
    assert not any(found[place] for place in outside)


@pytest.mark.parametrize(
    "elements",
    [
        {"ShutterShape": "RECTANGULAR"},
        {"ShutterShape": "CIRCULAR", "CenterOfCircularShutter": [900, 900], "RadiusOfCircularShutter": 10},
        {"ShutterShape": "CIRCULAR", "CenterOfCircularShutter": [32, 24], "RadiusOfCircularShutter": 0},
        {"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": [200, 200, 200, 300, 300, 200]},
        {"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": [1, 1, 30, 30]},
    ],
)
def test_a_shutter_without_sense_hides_nothing(elements):
    found, warnings = shown(native(PICTURE, **WHOLE_RANGE, **elements))

    np.testing.assert_array_equal(EXPECTED, found)
    assert warnings == {"shutter_ignored"}


def test_compressed_pixels_that_are_none_are_refused():
    with pytest.raises(ScanError):
        shown(native(PICTURE, JPEGLosslessSV1, **WHOLE_RANGE))
