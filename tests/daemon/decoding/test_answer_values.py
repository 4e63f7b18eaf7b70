import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.decoding.answer_values import ValueReader, write_text, write_texts
from daemon.decoding.messages import MalformedAnswerError


@given(st.text(st.characters(), max_size=60) | st.none())
def test_a_text_comes_back_whatever_is_in_it(text):
    reader = ValueReader(write_text(text))
    assert reader.text() == text
    reader.end()


def test_what_is_too_long_or_too_much_is_cut():
    assert ValueReader(write_text("x" * 5000)).text() == "x" * 2048
    assert len(ValueReader(write_texts(("x",) * 100)).texts()) == 64


def test_a_list_comes_back():
    reader = ValueReader(write_texts(("a", "", "b\0")) + struct.pack("<I", 7) + b"\1")
    assert reader.texts() == ("a", "", "b\0")
    assert reader.number() == 7
    assert reader.one_of(("first", "second")) == "second"
    reader.end()


@pytest.mark.parametrize(
    ("content", "take"),
    [
        (b"", lambda reader: reader.number()),
        (b"\2", lambda reader: reader.one_of((False, True))),
        (b"\5\0abc", lambda reader: reader.text()),
        (b"\1\0\xff", lambda reader: reader.text()),
        (struct.pack("<H", 2049) + b"x" * 2049, lambda reader: reader.text()),
        (b"\x41" + b"\0\0" * 65, lambda reader: reader.texts()),
        (write_texts(("no word",)), lambda reader: reader.words()),
        (b"x", lambda reader: reader.end()),
        (b"xx", lambda reader: reader.take(3)),
    ],
)
def test_what_is_none_is_malformed(content, take):
    with pytest.raises(MalformedAnswerError):
        take(ValueReader(content))
