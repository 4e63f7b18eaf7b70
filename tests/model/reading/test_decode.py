import io
import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    RLELossless,
)

from model.errors import (
    BadHeader,
    BadPixels,
    Dicomdir,
    EmptyFile,
    ExecutablePreamble,
    NoImage,
    TooLarge,
    Truncated,
    UnknownFormat,
    Unreadable,
    UnsupportedTransferSyntax,
)
from model.reading.decode import Limits, open_scan
from model.reading.dicom.element_walk import read_outline
from model.reading.display import Window
from tests.support.dicom_files import encapsulated, image, native, rle, to_bytes, without_preamble

PIXELS = np.random.default_rng(2).integers(0, 4096, (12, 10), dtype=np.uint16)


def frames(data, limits=Limits()):  # noqa: B008
    return list(open_scan(data, limits).frames())


def only(data):
    (frame,) = frames(data)
    return frame


def report():
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.88.11", "1.2.3"
    dataset.PatientID = "P-1"
    return dataset


@pytest.mark.parametrize(
    "syntax",
    [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.uint32])
def test_native_values_come_back_in_every_encoding(syntax, dtype):
    pixels = (PIXELS % 256 if dtype == np.uint8 else PIXELS).astype(dtype)
    stored = only(native(pixels, syntax)).stored

    np.testing.assert_array_equal(pixels, stored.view(dtype))


@pytest.mark.parametrize(("is_implicit", "is_big_endian"), [(True, False), (False, False)])
def test_a_file_without_preamble_is_read(is_implicit, is_big_endian):
    data = without_preamble(image(PIXELS), is_implicit=is_implicit, is_big_endian=is_big_endian)
    scan = open_scan(data, Limits())

    np.testing.assert_array_equal(PIXELS, next(scan.frames()).stored)
    assert {"transfer_syntax_missing"} == scan.warnings


def test_the_preamble_alone_may_be_missing():
    np.testing.assert_array_equal(PIXELS, only(native(PIXELS)[132:]).stored)


def test_a_tiff_in_the_preamble_is_no_program():
    data = to_bytes(image(PIXELS), preamble=b"II*\x00" + bytes(124))

    np.testing.assert_array_equal(PIXELS, only(data).stored)


def test_frames_that_are_encapsulated_as_they_are_come_back():
    frames_of = [frame.tobytes() for frame in (PIXELS, PIXELS[::-1])]
    data = encapsulated(np.stack([PIXELS, PIXELS[::-1]]), frames_of, "1.2.840.10008.1.2.1.98")

    first, second = frames(data)
    np.testing.assert_array_equal(PIXELS, first.stored)
    np.testing.assert_array_equal(PIXELS[::-1], second.stored)


def test_frames_come_one_at_a_time():
    pixels = np.stack([PIXELS, PIXELS + 1, PIXELS + 2])
    found = open_scan(
        encapsulated(pixels, [rle(p) for p in pixels[:2]] + [b"rubbish."], RLELossless), Limits()
    ).frames()

    np.testing.assert_array_equal(PIXELS, next(found).stored)
    np.testing.assert_array_equal(PIXELS + 1, next(found).stored)
    with pytest.raises(Exception, match="RLE"):
        next(found)


@pytest.mark.parametrize(
    "name",
    [
        "MR_small.dcm",
        "MR_small_implicit.dcm",
        "MR_small_bigendian.dcm",
        "MR_small_RLE.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
        "MR_small_padded.dcm",
    ],
)
def test_one_picture_is_the_same_in_every_encoding(name):
    with open(get_testdata_file("MR_small.dcm"), "rb") as plain:  # noqa: PTH123
        expected = only(plain.read()).stored
    with open(get_testdata_file(name), "rb") as file:  # noqa: PTH123
        found = only(file.read())

    np.testing.assert_array_equal(expected.view(np.int16), found.stored.view(np.int16))
    assert Window(600, 1600) == found.display.voi


@pytest.mark.parametrize(
    "name",
    [
        "SC_rgb_small_odd_big_endian.dcm",
        "SC_rgb_rle_16bit.dcm",
        "SC_ybr_full_422_uncompressed.dcm",
        "liver_expb_1frame.dcm",
        "rtdose_expb.dcm",
        "rtdose_rle.dcm",
        "examples_rgb_color.dcm",
        "J2K_pixelrep_mismatch.dcm",
        "693_J2KI.dcm",
        "image_dfl.dcm",
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_pydicom_reads_the_same_values(name):
    from pydicom import dcmread

    path = get_testdata_file(name)
    dataset = dcmread(path)
    from pydicom.pixels import pixel_array

    expected = pixel_array(dataset, raw=dataset.PhotometricInterpretation.startswith("YBR_FULL"), index=0)
    with open(path, "rb") as file:  # noqa: PTH123
        frame = next(open_scan(file.read(), Limits()).frames())
    bits = frame.display.bits_stored
    values = frame.stored.astype(np.int64) & ((1 << bits) - 1)
    if frame.display.is_signed:
        values -= (values >> (bits - 1)) << bits

    np.testing.assert_array_equal(expected.astype(np.int64), values)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", EmptyFile),
        (b"hello", UnknownFormat),
        (bytes(500), Truncated),
        (b"\xff\xd8", Truncated),
        (native(PIXELS)[:-1], Truncated),
        (native(PIXELS)[:400], Truncated),
        (native(PIXELS, Rows=13), Truncated),
        (to_bytes(image(PIXELS, PixelData=None)), NoImage),
        (native(PIXELS, Rows=65535, Columns=65535), TooLarge),
        (native(PIXELS, NumberOfFrames=9999), TooLarge),
        (native(PIXELS, BitsAllocated=13), BadHeader),
        (native(PIXELS, Rows=None), BadHeader),
        (
            native(PIXELS, RescaleSlope="0.1234", RescaleIntercept="1").replace(b"0.1234", b"nan   "),
            BadHeader,
        ),
        (native(PIXELS, PhotometricInterpretation="PALETTE COLOR"), BadHeader),
        (native(PIXELS, "1.2.840.10008.1.2.4.70"), BadHeader),
        (native(PIXELS, "1.2.840.113619.5.2"), UnsupportedTransferSyntax),
        (encapsulated(PIXELS, [rle(PIXELS)], ExplicitVRLittleEndian), BadHeader),
        (encapsulated(PIXELS, [rle(PIXELS)], "1.2.840.10008.1.2.4.100"), UnsupportedTransferSyntax),
        (to_bytes(image(PIXELS, PixelData=None), "1.2.840.10008.1.2.4.94"), UnsupportedTransferSyntax),
        (to_bytes(image(PIXELS, PixelData=None), "1.2.840.10008.1.2.4.205"), UnsupportedTransferSyntax),
        (encapsulated(PIXELS, [rle(PIXELS)], "1.2.840.10008.1.2.4.110"), BadPixels),
        (
            native(PIXELS.astype(np.uint8)[:, :9].reshape(12, 3, 3), PhotometricInterpretation="XYB"),
            BadHeader,
        ),
        (to_bytes(report()), NoImage),
        (to_bytes(report())[:-1], Truncated),
        (without_preamble(report())[8:], UnknownFormat),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_cannot_be_shown_has_its_name(data, error):
    with pytest.raises(error):
        frames(data)


def test_an_object_that_names_no_class_is_not_sound():
    dataset = report()
    del dataset.SOPClassUID
    data = without_preamble(dataset, is_implicit=False)

    with pytest.raises(Unreadable):
        frames(data)


def test_an_object_whose_class_is_damaged_is_not_sound():
    """Mutation 29143 of `htj2k`: cut between two elements, and its class no UID that tells an image."""
    data = to_bytes(report())
    with pytest.raises(NoImage):
        open_scan(data, Limits())

    with pytest.raises(Unreadable):
        open_scan(data.replace(b"1.1.88.11", b"1.1.88.1\xf0"), Limits())


def test_floating_point_pixels_are_read():
    for keyword, dtype in (("FloatPixelData", np.float32), ("DoubleFloatPixelData", np.float64)):
        values = PIXELS.astype(dtype) / 7
        dataset = image(
            PIXELS, PixelData=None, BitsAllocated=values.itemsize * 8, BitsStored=None, HighBit=None
        )
        setattr(dataset, keyword, values.tobytes())
        np.testing.assert_array_equal(values, only(to_bytes(dataset)).stored)


@pytest.mark.parametrize("start", [b"MZ", b"\x7fELF", b"#!/bin/sh\n", b"\xcf\xfa\xed\xfe"])
def test_a_program_in_the_preamble_is_rejected(start):
    with pytest.raises(ExecutablePreamble):
        frames(to_bytes(image(PIXELS), preamble=start.ljust(128, b"\x00")))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_dicomdir_is_rejected_and_its_references_stay_closed(tmp_path, monkeypatch):
    (tmp_path / "canary").write_bytes(native(PIXELS))
    record = Dataset()
    record.ReferencedFileID = ["..", "..", str(tmp_path / "canary")]
    record.DirectoryRecordType = "IMAGE"
    directory = Dataset()
    directory.SOPClassUID, directory.SOPInstanceUID = "1.2.840.10008.1.3.10", "1.2.3"
    directory.DirectoryRecordSequence = Sequence([record])
    opened = []
    monkeypatch.setattr("builtins.open", lambda *args, **_: opened.append(args))

    with pytest.raises(Dicomdir):
        frames(to_bytes(directory))
    assert opened == []


def test_a_deflate_bomb_is_refused_at_its_limit():
    stream = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = b"".join(stream.compress(bytes(1 << 20)) for _ in range(64)) + stream.flush()
    data = native(PIXELS, DeflatedExplicitVRLittleEndian)
    start = read_outline(io.BytesIO(data), len(data)).dataset_at

    with pytest.raises(TooLarge):
        frames(data[:start] + bomb, Limits(max_inflated_bytes=1 << 22))


def test_a_damaged_deflated_data_set_is_unreadable():
    data = native(PIXELS, DeflatedExplicitVRLittleEndian)
    start = read_outline(io.BytesIO(data), len(data)).dataset_at

    with pytest.raises(Unreadable):
        frames(data[:start] + b"\xff" * 100)


@pytest.mark.parametrize(("depth", "is_read"), [(50, True), (5000, False)])
def test_nested_sequences_end_in_an_answer(depth, is_read):
    begin = struct.pack("<HH2sHL", 0x0040, 0xA730, b"SQ", 0, 0xFFFFFFFF)
    item, item_end, end = (
        struct.pack("<HHL", 0xFFFE, e, n) for e, n in ((0xE000, 0xFFFFFFFF), (0xE00D, 0), (0xE0DD, 0))
    )
    data = native(PIXELS)
    at = data.index(struct.pack("<HH", 0x7FE0, 0x10))
    nested = data[:at] + (begin + item) * depth + (item_end + end) * depth + data[at:]

    if is_read:
        np.testing.assert_array_equal(PIXELS, only(nested).stored)
    else:
        with pytest.raises(Unreadable):
            only(nested)


def test_rasters_have_a_header_of_their_size():
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, "PNG")
    scan = open_scan(buffer.getvalue(), Limits())

    assert (
        scan.header.format,
        scan.header.rows,
        scan.header.columns,
        scan.header.frames,
    ) == ("png", 12, 10, 1)
    np.testing.assert_array_equal(PIXELS, next(scan.frames()).stored)
    with pytest.raises(Truncated):
        open_scan(buffer.getvalue()[:-3], Limits())


def test_an_error_brings_what_is_known_of_the_header():
    with pytest.raises(Truncated) as caught:
        frames(native(PIXELS, PatientID="P-1")[:-1])

    assert caught.value.header.patient_id == "P-1"


def test_the_precision_of_the_codestream_counts():
    narrow = PIXELS >> 4
    data = encapsulated(PIXELS, [imagecodecs.jpegls_encode(narrow.astype(np.uint8))], JPEGLSLossless)

    assert only(data).display.bits_stored == 8
