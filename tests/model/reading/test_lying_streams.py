"""Encoded frames, elements and files that are not as their headers say; `truncated` only where bytes lack."""

import struct

import imagecodecs
import numpy as np
import pytest
from pydicom.sequence import Sequence
from pydicom.uid import (
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from model.errors import BadPixels, NoImage, ScanError, Truncated
from model.reading.prepare import open_pictures
from tests.support.dicom_files import encapsulated, image, native, rle, to_bytes
from tests.support.lying import EXPECTED, EXPECTED_8, GREY, PICTURE, WHOLE_RANGE, greys, shown


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


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("fragments", [1, 2])
def test_frames_that_are_not_announced_are_warned_of(fragments, count):
    pixels, frames = frames_of(count)
    data = encapsulated(pixels, frames, JPEGLosslessSV1, fragments=fragments, **WHOLE_RANGE, NumberOfFrames=1)
    plain = native(pixels, **WHOLE_RANGE, NumberOfFrames=1)

    for one in (data, plain):
        found, warnings = shown(one)
        np.testing.assert_array_equal(EXPECTED, found)
        assert warnings == {"more_frames_than_said"}


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


def as_text(data):
    """Rewrite line ends as a transfer in text mode does."""
    return data.replace(b"\r\n", b"..").replace(b"\n", b"\r\n")


def stream_of(kind):
    """Give the header and the pixels of a file whose pixels hold line ends."""
    if kind == "12 bits":
        return native(PICTURE, **WHOLE_RANGE), PICTURE.nbytes
    if kind == "8 bits":
        return native(GREY), GREY.nbytes
    pixels = np.tile(PICTURE, (4, 4))
    frame = rle(pixels.astype("<u2")) if kind == "RLE" else imagecodecs.ljpeg_encode(pixels, bitspersample=12)
    syntax = RLELossless if kind == "RLE" else JPEGLosslessSV1
    return encapsulated(pixels, [frame], syntax, **WHOLE_RANGE), len(frame) + 8


@pytest.mark.parametrize("kind", ["12 bits", "8 bits", "RLE", "JPEG"])
def test_a_file_whose_line_ends_were_rewritten_is_refused(kind):
    data, size = stream_of(kind)
    head, pixels = data[:-size], data[-size:]
    assert pixels.count(b"\n") > 4

    with pytest.raises(ScanError):
        shown(head.replace(b"\n", b"\x0b") + as_text(pixels))


def test_the_reason_of_rewritten_line_ends_says_how_to_send_and_other_bytes_are_no_line_ends():
    data = native(PICTURE, **WHOLE_RANGE)
    head, pixels = data[: -PICTURE.nbytes], data[-PICTURE.nbytes :]

    with pytest.raises(BadPixels, match="binary mode"):
        shown(head.replace(b"\n", b"\x0b") + as_text(pixels))
    assert shown(data + b"rubbish behind")[1] == {"bytes_behind_pixels"}
    assert shown(data + bytes(5))[1] == set()


ENCODERS = {
    JPEGBaseline8Bit: lambda pixels: imagecodecs.jpeg8_encode(pixels, level=98),
    JPEGLosslessSV1: lambda pixels: imagecodecs.ljpeg_encode(pixels, bitspersample=8),
    JPEGLSLossless: imagecodecs.jpegls_encode,
    JPEG2000Lossless: lambda pixels: imagecodecs.jpeg2k_encode(pixels, level=0, codecformat="J2K"),
    RLELossless: rle,
}


@pytest.mark.parametrize("said", ENCODERS, ids=lambda syntax: syntax.name)
@pytest.mark.parametrize("real", ENCODERS, ids=lambda syntax: syntax.name)
def test_a_transfer_syntax_that_lies_is_refused_and_both_are_named(said, real):
    data = encapsulated(GREY, [ENCODERS[real](GREY)], said)
    if said == real:
        assert greys(EXPECTED_8, shown(data)[0]) < 1
        return
    with pytest.raises(ScanError) as refused:
        shown(data)
    assert refused.value.code == "bad_pixels"


def test_compressed_pixels_that_are_none_are_refused():
    with pytest.raises(ScanError):
        shown(native(PICTURE, JPEGLosslessSV1, **WHOLE_RANGE))
