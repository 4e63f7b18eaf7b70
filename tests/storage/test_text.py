import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.text import clean_text

ANY_TEXT = st.text(alphabet=st.characters(codec=None), max_size=200)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        ("  \0", None),
        ("DX", "DX"),
        ("DX \0", "DX"),
        ("1.2.3\0", "1.2.3"),
        ("A\0B", "A\ufffdB"),
        ("A\nB\x1b[31m", "A\ufffdB\ufffd[31m"),
        ("bad\udcff.dcm", "bad\ufffd.dcm"),
        ("a\u202eb", "a\ufffdb"),
        ("Grünwald 山田", "Grünwald 山田"),
    ],
)
def test_cleans(value, expected):
    assert expected == clean_text(value, 64)


def test_caps_the_length():
    assert clean_text("x" * 1000, 64) == "x" * 64


@given(ANY_TEXT, st.integers(1, 100))
def test_what_is_left_is_printable_utf8_and_short(value, max_length):
    cleaned = clean_text(value, max_length)

    if cleaned is not None:
        assert 0 < len(cleaned) <= max_length
        assert not {unicodedata.category(character) for character in cleaned} & {"Cc", "Cs", "Zl", "Zp"}
        cleaned.encode("utf-8")


@given(ANY_TEXT, st.integers(1, 100))
def test_cleaning_twice_changes_nothing_more(value, max_length):
    once = clean_text(value, max_length)

    assert once == clean_text(once, max_length)
