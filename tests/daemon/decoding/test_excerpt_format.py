import struct
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.decoding.answer_format import read_decoded, write_decoded
from daemon.decoding.answer_values import ValueReader
from daemon.decoding.excerpt_format import read_excerpt, write_excerpt
from daemon.decoding.messages import Decoded, MalformedAnswerError
from model.reading.display import LookupTable, Rescale, Window
from model.reading.excerpt import Excerpt, ShownFrame
from tests.support.limits import LIMITS

TABLE = LookupTable(-5, np.array([3, 1, 4], np.uint16), 7)
SHOWN = ShownFrame(96, 80, True, False, True, Rescale(-0.5, 1e6), Window(1.5, 1e-9, "SIGMOID"))
TEXTS = {"PatientName": "山田^太郎", "StudyID": "\udc80\0", "Laterality": ""}
WHOLE = Excerpt(TEXTS, 1.25, SHOWN)


def come_back(excerpt):
    reader = ValueReader(write_excerpt(excerpt))
    found = read_excerpt(reader)
    reader.end()
    return found


def same(one, other):
    if isinstance(one, LookupTable):
        return (one.first, one.entries.tolist(), one.maximum) == (
            other.first,
            other.entries.tolist(),
            other.maximum,
        )
    return one == other


@pytest.mark.parametrize(
    "shown",
    [
        None,
        SHOWN,
        replace(SHOWN, modality=None, voi=TABLE),
        replace(SHOWN, modality=TABLE, voi=Window(0, 1)),
        replace(SHOWN, is_grey=False, is_inverse=True, has_negative=False),
    ],
)
def test_an_excerpt_comes_back(shown):
    found = come_back(replace(WHOLE, shown=shown))
    assert (found.texts, found.aspect) == (TEXTS, 1.25)
    assert (found.shown is None) is (shown is None)
    if shown is not None:
        for name in ShownFrame.__slots__:
            assert same(getattr(shown, name), getattr(found.shown, name)), name


def test_it_is_part_of_an_answer_with_a_picture_or_without_one():
    inputs = np.arange(224 * 224, dtype=np.uint16).reshape(1, 224, 224)
    for answer in (Decoded(excerpt=WHOLE), Decoded(inputs=inputs, excerpt=WHOLE), Decoded()):
        text, array = write_decoded(answer)
        found = read_decoded(text, bytearray(array), LIMITS)
        assert (found.excerpt is None) is (answer.excerpt is None)
        if found.excerpt is not None:
            assert found.excerpt.texts == TEXTS


@pytest.mark.parametrize(
    "wrong",
    [
        replace(WHOLE, aspect=float("nan")),
        replace(WHOLE, aspect=0.0),
        replace(WHOLE, shown=replace(SHOWN, rows=0)),
        replace(WHOLE, shown=replace(SHOWN, columns=1 << 21)),
        replace(WHOLE, shown=replace(SHOWN, voi=None)),
        replace(WHOLE, shown=replace(SHOWN, voi=Window(0, 0))),
        replace(WHOLE, shown=replace(SHOWN, voi=Window(float("inf"), 1))),
        replace(WHOLE, shown=replace(SHOWN, modality=Rescale(0, 1))),
        replace(WHOLE, shown=replace(SHOWN, voi=replace(TABLE, maximum=3))),
        replace(WHOLE, shown=replace(SHOWN, voi=replace(TABLE, first=1 << 16))),
        replace(WHOLE, shown=replace(SHOWN, voi=replace(TABLE, first=-40_000))),
        replace(WHOLE, shown=replace(SHOWN, voi=replace(TABLE, entries=np.zeros(0, np.uint16)))),
    ],
)
def test_what_no_child_says_is_malformed(wrong):
    with pytest.raises(MalformedAnswerError):
        come_back(wrong)


def test_one_element_twice_is_malformed():
    written = write_excerpt(Excerpt({"StudyID": "1"}))
    twice = struct.pack("<BBd", 1, 2, 1.0) + 2 * written[10:-1] + b"\0"
    with pytest.raises(MalformedAnswerError):
        read_excerpt(ValueReader(twice))


@given(st.integers(0, 200), st.binary(min_size=1, max_size=8))
def test_whatever_bytes_come_are_an_excerpt_or_malformed(place, put):
    content = bytearray(write_excerpt(WHOLE))
    content[place : place + len(put)] = put
    with suppress(MalformedAnswerError):
        read_excerpt(ValueReader(bytes(content)))
