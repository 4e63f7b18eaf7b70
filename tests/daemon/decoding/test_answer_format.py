import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.decoding.answer_format import (
    read_decoded,
    read_examined,
    read_input,
    write_decoded,
    write_examined,
)
from daemon.decoding.messages import (
    MOST_PREVIEW_BYTES,
    TAKES_LONG,
    Decoded,
    FramePreview,
    MalformedAnswerError,
)
from daemon.spool.file_state import Look
from model.header import Header
from model.reading.completeness import Completeness
from tests.support.limits import LIMITS

LOOK = Look((1 << 64) - 1, 2, 3, -4, 5)
SHA256 = "0123456789abcdef" * 4
HEADER = Header("dicom", patient_id="Å\udc80", rows=3, columns=4, frames=2, image_type=("ORIGINAL", ""))
INPUTS = np.arange(2 * 224 * 224, dtype=np.uint16).reshape(2, 224, 224)
SOUND = Decoded(None, None, LOOK, SHA256, HEADER, INPUTS, ("half_size",), {"read": 0.5}, True, None)
SMALL = FramePreview(b"\xff\xd8\xff of a preview \xff\xd9", b"\xff\xd8\xff\xff\xd9")
WITH_PREVIEWS = replace(LIMITS, preview_frames=2)
REFUSED = Decoded("failed", "bad_pixels", LOOK, SHA256, Header("png"), error_detail="no end")


def written(answer):
    text, array = write_decoded(answer)
    return text, bytearray(array)


@pytest.mark.parametrize("answer", [REFUSED, Decoded.refused("rejected", "no_image"), Decoded(sha256=SHA256)])
def test_an_answer_comes_back(answer):
    assert answer == read_decoded(*written(answer), LIMITS)


def test_inputs_come_back_without_a_copy():
    text, array = written(SOUND)
    answer = read_input(text, array, LIMITS)

    np.testing.assert_array_equal(INPUTS, answer.inputs)
    assert np.shares_memory(answer.inputs, np.frombuffer(array, np.uint8))
    assert (SOUND.header, SOUND.look, SOUND.durations) == (answer.header, answer.look, answer.durations)
    assert answer.is_for_slow_lane


@pytest.mark.parametrize("number", [1, 2])
def test_small_pictures_come_back_and_leave_the_inputs_alone(number):
    previews = (SMALL, FramePreview(SMALL.thumbnail, SMALL.preview))[:number]
    text, array = written(replace(SOUND, previews=previews))
    answer = read_input(text, array, WITH_PREVIEWS)

    assert answer.previews == previews
    np.testing.assert_array_equal(INPUTS, answer.inputs)
    assert len(array) == INPUTS.nbytes  # they are in memory once


def large(size):
    return SMALL.preview[:3] + bytes(size - 5) + SMALL.preview[-2:]


@pytest.mark.parametrize(
    "previews",
    [
        (SMALL,) * 3,
        (FramePreview(b"", b""),),
        (FramePreview(SMALL.preview, b"<script>" + SMALL.thumbnail),),
        (FramePreview(SMALL.preview + b"PK", SMALL.thumbnail),),
        (FramePreview(large(MOST_PREVIEW_BYTES), SMALL.thumbnail),),
    ],
    ids=["more frames", "empty", "no beginning", "no end", "large"],
)
def test_small_pictures_that_no_child_makes_are_malformed(previews):
    answer = replace(SOUND, inputs=np.concatenate([INPUTS, INPUTS]), previews=previews)
    with pytest.raises(MalformedAnswerError):
        read_decoded(*written(answer), WITH_PREVIEWS)


def test_as_large_as_two_may_be_is_taken_and_as_many_as_there_are_frames():
    most = FramePreview(large(MOST_PREVIEW_BYTES - 5), SMALL.thumbnail)
    answer = replace(SOUND, inputs=INPUTS[:1], previews=(most,))
    assert read_decoded(*written(answer), WITH_PREVIEWS).previews == (most,)
    with pytest.raises(MalformedAnswerError):
        read_decoded(*written(replace(answer, previews=(SMALL, SMALL))), WITH_PREVIEWS)


def test_small_pictures_that_were_not_wanted_are_malformed():
    with pytest.raises(MalformedAnswerError):
        read_decoded(*written(replace(SOUND, previews=(SMALL,))), LIMITS)


def test_sizes_that_do_not_add_up_are_malformed():
    text, array = written(replace(SOUND, previews=(SMALL,)))
    for wrong in (array[:-1], array + b"\xd9", array[: -SMALL.size]):
        with pytest.raises(MalformedAnswerError):
            read_decoded(text, bytearray(wrong), WITH_PREVIEWS)
    with pytest.raises(MalformedAnswerError):
        read_decoded(text[:-1] + b"\xff", array, WITH_PREVIEWS)


@pytest.mark.parametrize("lacking", ["inputs", "look", "sha256", "header"])
def test_what_is_to_be_classified_has_all_that_this_takes(lacking):
    text, array = written(replace(SOUND, **{lacking: None}))
    with pytest.raises(MalformedAnswerError):
        read_input(text, array, LIMITS)


@pytest.mark.parametrize(
    "changed",
    [
        {"error_code": "bad_pixels"},
        {"sha256": "0" * 63},
        {"sha256": "Meyer^Anna".ljust(64)},
        {"warnings": ("Meyer^Anna",)},
        {"warnings": ("a" * 65,)},
        {"durations": {"read": float("nan")}},
        {"inputs": INPUTS[:, :100, :100]},
        {"inputs": np.zeros((501, 224, 224), np.uint16)},
    ],
)
def test_what_no_child_says_is_malformed(changed):
    with pytest.raises(MalformedAnswerError):
        read_decoded(*written(replace(SOUND, **changed)), LIMITS)


def test_an_answer_with_anything_behind_it_is_malformed():
    text, array = written(SOUND)
    for wrong in ((text + b"\0", array), (text, array + b"\0"), (text[:-1], array), (b"", array)):
        with pytest.raises(MalformedAnswerError):
            read_decoded(*wrong, LIMITS)


@given(st.binary(max_size=300), st.integers(0, 200))
def test_no_bytes_whatever_are_more_than_an_answer_or_malformed(noise, place):
    text, _ = written(REFUSED)
    for content in (noise, text[:place] + noise + text[place + len(noise) :]):
        try:
            answer = read_decoded(content, bytearray(), LIMITS)
        except MalformedAnswerError:
            continue
        assert answer.outcome in (None, "rejected", "failed")
        assert answer.inputs is None


@pytest.mark.parametrize("answer", [None, TAKES_LONG, *((LOOK, one) for one in Completeness)])
def test_what_a_look_found_comes_back(answer):
    assert answer == read_examined(write_examined(answer), bytearray())


@given(st.binary(max_size=100))
def test_no_bytes_whatever_are_more_than_a_look_or_malformed(noise):
    try:
        found = read_examined(noise, bytearray())
    except MalformedAnswerError:
        return
    assert found in (None, TAKES_LONG) or isinstance(found[0], Look)


def test_a_number_beyond_what_a_picture_can_have_is_malformed():
    text, array = written(REFUSED)
    rows = struct.pack("<q", 1 << 31)
    at = text.index(b"\1" + bytes((1,)) + struct.pack("<q", 0))
    with pytest.raises(MalformedAnswerError):
        read_decoded(text[: at + 2] + rows + text[at + 10 :], array, LIMITS)
