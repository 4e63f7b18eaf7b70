import struct

import numpy as np
import pytest
from pydicom.encaps import encapsulate

from model.errors import BadPixels
from model.reading.dicom.encapsulated import fragments, frames

END = struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
ENCODED = [bytes([n]) * 40 + b"\xff\xd9" for n in range(3)]


def split(value, count):
    return list(frames(b"\x55" * 7 + value + END, 7, count))


@pytest.mark.parametrize("has_offsets", [True, False])
@pytest.mark.parametrize("per_frame", [1, 2, 5])
def test_fragments_become_frames_again(has_offsets, per_frame):
    value = encapsulate(ENCODED, fragments_per_frame=per_frame, has_bot=has_offsets)

    assert split(value, 3) == ENCODED


def test_one_frame_takes_every_fragment_whatever_the_offsets_say():
    value = bytearray(encapsulate(ENCODED[:1], fragments_per_frame=4, has_bot=True))
    value[8:12] = b"\xee\xee\xee\x7f"

    assert ENCODED[:1] == split(bytes(value), 1)


def test_one_fragment_a_frame_needs_no_offsets():
    value = bytearray(encapsulate(ENCODED, has_bot=True))
    value[8:20] = np.array([9, 9, 9], "<u4").tobytes()

    assert split(bytes(value), 3) == ENCODED


def test_end_markers_may_be_padded():
    padded = [frame + b"\x00" for frame in ENCODED]
    value = encapsulate(padded, fragments_per_frame=2, has_bot=False)

    assert [frame.rstrip(b"\x00") for frame in padded] == [frame.rstrip(b"\x00") for frame in split(value, 3)]


def test_too_few_fragments_are_bad_pixels():
    with pytest.raises(BadPixels):
        split(encapsulate(ENCODED, has_bot=False), 4)


def test_too_few_end_markers_are_bad_pixels():
    value = encapsulate([b"\x01" * 90], fragments_per_frame=9, has_bot=False)

    with pytest.raises(BadPixels):
        split(value, 2)


def test_a_table_that_would_put_everything_into_one_frame_does_no_harm_where_none_is_needed():
    """`pydicom.encaps.generate_frames` follows such a table, and gives one frame of three."""
    value = bytearray(encapsulate(ENCODED, has_bot=True))
    value[8:20] = b"\xff" * 12

    assert split(bytes(value), 3) == ENCODED


def test_a_last_frame_without_its_end_is_refused_and_not_decoded():
    """`pydicom.encaps.generate_frames` gives it, with a warning."""
    cut = [*ENCODED[:2], ENCODED[2][:-2]]

    with pytest.raises(BadPixels):
        split(encapsulate(cut, fragments_per_frame=2, has_bot=False), 3)


def test_the_offset_table_is_no_fragment():
    places, has_offsets = fragments(encapsulate(ENCODED, has_bot=True) + END, 0)

    assert (len(places), has_offsets) == (3, True)
