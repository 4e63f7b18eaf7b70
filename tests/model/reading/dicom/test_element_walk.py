import io
import struct

import numpy as np
import pytest
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGBaseline8Bit

from model.errors import Unreadable
from model.reading.decode import open_scan
from model.reading.dicom.element_walk import MOST_STEPS, read_outline
from model.reading.dicom.outline import COLUMNS, ROWS, Ending
from model.reading.limits import Limits
from tests.support.dicom_files import encapsulated, image, native, to_bytes, without_preamble

PIXELS = np.arange(12, dtype=np.uint16).reshape(3, 4)


def walk(data):
    return read_outline(io.BytesIO(data), len(data))


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_native_pixels_are_found_where_they_lie(syntax):
    data = native(PIXELS, syntax)
    found = walk(data)

    assert found.ending == Ending.EXACT
    assert (found.number(ROWS), found.number(COLUMNS)) == (3, 4)
    assert syntax == found.transfer_syntax_uid
    assert (found.pixels.length, found.pixels.is_whole) == (24, True)
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    assert PIXELS.astype(f"{order}u2").tobytes() == data[found.pixels.value_at :]


def test_encapsulated_pixels_are_whole_at_the_delimiter_or_with_all_their_frames():
    data = encapsulated(PIXELS, [b"\xff\xd8\xff\xd9"], JPEGBaseline8Bit)
    more = encapsulated(PIXELS, [b"\xff\xd8\xff\xd9"] * 2, JPEGBaseline8Bit, NumberOfFrames=2)

    assert walk(data).pixels.is_whole
    assert walk(data).pixels.length is None
    assert all(walk(data[: len(data) - left]).pixels.is_whole for left in range(9))
    assert not walk(data[:-9]).pixels.is_whole  # within the end marker
    assert not walk(more[:-9]).pixels.is_whole


def test_a_delimiter_within_a_fragment_does_not_end_the_pixels():
    frame = b"\xff\xd8" + b"\xfe\xff\xdd\xe0\x00\x00\x00\x00" + b"\xff\xd9"
    data = encapsulated(PIXELS, [frame], JPEGBaseline8Bit)

    assert not walk(data[: data.index(frame) + len(frame) - 1]).pixels.is_whole


def test_pixels_of_an_icon_are_not_those_of_the_picture():
    dataset, icon = image(PIXELS), image(np.zeros((2, 2), np.uint8))
    icon.is_undefined_length_sequence_item = True
    dataset.IconImageSequence = Sequence([icon])
    dataset["IconImageSequence"].is_undefined_length = True
    found = walk(to_bytes(dataset))

    assert found.pixels.length == 24
    assert (found.number(ROWS), found.number(COLUMNS)) == (3, 4)


@pytest.mark.parametrize("depth", [50, 300, 5000])
def test_nested_sequences_need_no_stack(depth):
    begin = struct.pack("<HH2sHL", 0x0040, 0xA730, b"SQ", 0, 0xFFFFFFFF) + struct.pack(
        "<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF
    )
    end = struct.pack("<HHL", 0xFFFE, 0xE00D, 0) + struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
    data = to_bytes(image(PIXELS, PixelData=None))
    nested = data + begin * depth + end * depth

    assert walk(nested).ending == Ending.EXACT
    assert walk(nested[:-8]).ending == Ending.CUT


def test_a_file_cut_within_an_element_is_cut():
    data = to_bytes(image(PIXELS, PixelData=None))

    endings = {walk(data[:size]).ending for size in range(len(data) - 9, len(data))}
    assert {Ending.CUT} == endings
    assert walk(data).ending == Ending.EXACT


def test_space_that_is_reserved_and_not_filled_is_cut():
    data = to_bytes(image(PIXELS, PixelData=None)) + bytes(1000)

    assert walk(data).ending == Ending.CUT


def test_an_item_outside_a_sequence_is_malformed():
    data = to_bytes(image(PIXELS, PixelData=None)) + struct.pack("<HHL", 0xFFFE, 0xE000, 0)

    assert walk(data).ending == Ending.MALFORMED


@pytest.mark.parametrize(("is_implicit", "is_big_endian"), [(True, False), (False, False), (False, True)])
def test_a_data_set_alone_tells_its_encoding(is_implicit, is_big_endian):
    dataset = image(PIXELS)
    found = walk(without_preamble(dataset, is_implicit=is_implicit, is_big_endian=is_big_endian))

    assert (is_implicit, is_big_endian) == (found.is_implicit, found.is_big_endian)
    assert found.transfer_syntax_uid is None
    assert found.pixels.length == 24


def test_elements_without_end_are_told():
    elements = struct.pack("<HH2sHH", 0x0009, 0x1010, b"US", 2, 7) * (MOST_STEPS + 1)
    data = native(PIXELS)[: -PIXELS.nbytes - 12] + elements

    assert walk(data).ending is Ending.ENDLESS
    with pytest.raises(Unreadable, match="more elements"):
        open_scan(data, Limits())
