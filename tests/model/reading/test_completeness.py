import io
import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
)

from model.reading.completeness import Completeness, examine
from model.reading.dicom.element_walk import read_outline
from tests.support.dicom_files import encapsulated, image, native, to_bytes
from tests.support.shared import SHARED, needs_shared

PIXELS = np.random.default_rng(1).integers(0, 4096, (16, 20), dtype=np.uint16)
COMPLETE, ENDS_CLEANLY = Completeness.COMPLETE, Completeness.ENDS_CLEANLY
INCOMPLETE, UNKNOWN = Completeness.INCOMPLETE, Completeness.UNKNOWN


def look(data):
    return examine(io.BytesIO(data), len(data))


def encoded(kind, **options):
    buffer = io.BytesIO()
    Image.fromarray((PIXELS >> 4).astype(np.uint8)).save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg_with_thumbnail():
    plain = encoded("JPEG")
    segment = b"Exif\x00\x00" + encoded("JPEG", quality=20)
    return plain[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + plain[2:]


WHOLE = {
    "png": encoded("PNG"),
    "jpeg": encoded("JPEG"),
    "progressive jpeg": encoded("JPEG", progressive=True),
    "jpeg with a thumbnail": jpeg_with_thumbnail(),
    "implicit": native(PIXELS, ImplicitVRLittleEndian),
    "explicit": native(PIXELS, ExplicitVRLittleEndian),
    "big endian": native(PIXELS, ExplicitVRBigEndian),
    "deflated": native(PIXELS, DeflatedExplicitVRLittleEndian),
    "encapsulated": encapsulated(PIXELS, [imagecodecs.jpegls_encode(PIXELS)], JPEGLSLossless),
    "frames": native(np.stack([PIXELS] * 3)),
}

SPARE = {
    "deflated": 1,  # PS3.5 A.5: a null byte makes the length even
    "encapsulated": 9,  # the Sequence Delimitation Item, and a byte of padding
}
ELEMENTS = 15  # of a header that describes a picture: cut behind one of them, it is a header alone

ENCODED = ("png", "jpeg", "progressive jpeg", "jpeg with a thumbnail", "encapsulated", "deflated")


@pytest.mark.parametrize("name", WHOLE)
def test_complete_to_the_last_byte_and_not_before(name):
    data = WHOLE[name]
    spare = SPARE.get(name, 0)

    assert look(data) == COMPLETE
    found = [look(data[:size]) for size in range(1, len(data) - spare)]
    assert {INCOMPLETE, ENDS_CLEANLY} >= set(found)
    assert found.count(ENDS_CLEANLY) <= ELEMENTS


@pytest.mark.parametrize("name", [*ENCODED, "implicit", "explicit"])
def test_space_reserved_first_and_filled_from_the_front_is_incomplete(name):
    data = WHOLE[name]
    filled = len(data) * 3 // 4 if name in ENCODED else data.index(struct.pack("<L", PIXELS.nbytes)) - 10

    assert look(data[:filled] + bytes(5000)) == INCOMPLETE


@pytest.mark.parametrize("name", ["png", "jpeg", "explicit", "encapsulated"])
def test_bytes_behind_the_picture_do_no_harm(name):
    assert look(WHOLE[name] + b"trailing") == COMPLETE


@pytest.mark.parametrize("length", range((1 << 20) - 3, (1 << 20) + 3))
def test_the_end_of_a_jpeg_may_fall_between_two_pieces(length):
    scan = b"\xff\xda\x00\x02" + b"\x01" * length
    data = b"\xff\xd8\xff\xfe\x00\x02" + scan + b"\xff\xd9"

    assert look(data) == COMPLETE
    assert look(data[:-1]) == INCOMPLETE


def test_a_file_without_bytes_is_not_whole_yet():
    """Its writer made the name, and fills it later."""
    assert look(b"") == INCOMPLETE


@pytest.mark.parametrize("data", [b"some notes", b"GIF89a" + bytes(300), b"\x00\x01" * 200])
def test_other_files_are_unknown(data):
    assert look(data) == UNKNOWN


@pytest.mark.parametrize("data", [bytes(10), bytes(5000), b"\x89PNG", b"\xff\xd8"])
def test_what_may_become_ours_is_incomplete(data):
    assert look(data) == INCOMPLETE


def test_a_report_needs_quiet():
    report = Dataset()
    report.SOPClassUID, report.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.88.11", "1.2.3"
    report.PatientID = "P-1"
    data = to_bytes(report)

    assert look(data) == ENDS_CLEANLY
    assert look(data[:-1]) == INCOMPLETE


@pytest.mark.parametrize("missing", ["Rows", "SOPClassUID", "BitsAllocated"])
def test_a_picture_without_pixel_data_is_a_header_alone(missing):
    data = to_bytes(image(PIXELS, PixelData=None, **{missing: None}))

    assert look(data) == ENDS_CLEANLY
    assert look(data[:-1]) == INCOMPLETE


def test_a_length_that_lies_is_incomplete():
    data = native(PIXELS)
    at = data.index(struct.pack("<HH2sHL", 0x7FE0, 0x10, b"OW", 0, PIXELS.nbytes)) + 8

    assert look(data[:at] + b"\xf0\xff\xff\xff" + data[at + 4 :]) == INCOMPLETE


def test_pixels_are_stepped_over():
    class Counting(io.BytesIO):
        taken = 0

        def read(self, size=-1):
            data = super().read(size)
            self.taken += len(data)
            return data

    large = native(np.zeros((2000, 2000), np.uint16))
    file = Counting(large)

    assert examine(file, len(large)) == COMPLETE
    assert file.taken < 10_000


def test_a_deflate_bomb_costs_little_and_is_left_to_decoding():
    stream = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = b"".join(stream.compress(bytes(1 << 24)) for _ in range(40)) + stream.flush()
    data = native(PIXELS, DeflatedExplicitVRLittleEndian)
    start = read_outline(io.BytesIO(data), len(data)).dataset_at

    assert look(data[:start] + bomb) == COMPLETE


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["", "png", "jpeg", "explicit", "implicit", "encapsulated"]))
def test_no_content_makes_it_raise(tail, name):
    data = WHOLE.get(name, b"")
    assert look(data[: len(data) // 2] + tail) in Completeness


@needs_shared
@pytest.mark.shared
def test_of_the_sound_files_at_hand_all_are_complete():
    folders = [SHARED / "dicom" / name for name in ("pixel", "radiograph")]
    files = [path for folder in folders for path in sorted(folder.iterdir())]
    incomplete = []
    for path in files:
        with path.open("rb") as file:
            if examine(file, path.stat().st_size) is not COMPLETE:
                incomplete.append(path.name)

    assert len(files) > 50
    assert incomplete == []


def test_a_damaged_class_does_not_make_a_cut_picture_a_sound_object():
    """The File Meta Information says what it was, too."""
    data = native(PIXELS)
    place = data.rindex(b"1.2.840.10008.5.1.4.1.1.1")
    damaged = data[: place + 12] + b"l" + data[place + 13 : data.index(b"\x08\x00\x60\x00CS")]

    assert INCOMPLETE is look(damaged[:-1])
