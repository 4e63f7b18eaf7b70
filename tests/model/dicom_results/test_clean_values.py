from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.dicom_results import clean_values as clean

LONG = "x" * 65


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("A-1", "A-1"),
        (" A 1 \0", "A 1"),
        ("a\r\n\x1b$Bb", "a$Bb"),
        ("1\\2", ""),
        (LONG, ""),
        (LONG[1:], LONG[1:]),
        ("", ""),
        (None, ""),
        ("\udc80", ""),
    ],
)
def test_a_text_is_one_value_without_control_characters(value, expected):
    assert clean.text(value, 64) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        ("=山田^太郎", "=山田^太郎"),
        ("Doe^J^M^Dr^Jr", "Doe^J^M^Dr^Jr"),
        ("Doe^J^M^Dr^Jr^more", ""),
        ("a=b=c=d", ""),
        (LONG, ""),
        ("A^B\\C^D", ""),
        (None, ""),
    ],
)
def test_a_name_has_three_groups_of_five_components_at_most(value, expected):
    assert clean.name(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("19700102", "19700102"),
        ("1970.01.02", "19700102"),
        ("00010203", "00010203"),
        ("1970", ""),
        ("19700230", ""),
        ("00000000", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_a_date_is_a_day_that_there_was(value, expected):
    assert clean.day(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("101112", "101112"),
        ("101112.123456 ", "101112.123456"),
        ("10:11:12", "101112"),
        ("1011", "1011"),
        ("10", "10"),
        ("1", ""),
        ("251112", ""),
        ("106112", ""),
        ("101112.1234567", ""),
        (None, ""),
    ],
)
def test_a_time_is_one_of_a_day(value, expected):
    assert clean.clock_time(value) == expected


def test_a_word_is_one_of_those_that_are_allowed_in_capitals_or_not():
    assert [clean.word(value, ("M", "F")) for value in ("m", " F\0", "X", "", None)] == ["M", "F", "", "", ""]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1.2.840.1\0", "1.2.840.1"),
        ("1.2.03", "1.2.03"),
        ("1." + "2" * 62, "1." + "2" * 62),
        ("1." + "2" * 63, ""),
        ("1.2.x", ""),
        ("1..2", ""),
        ("12", ""),
        (None, ""),
    ],
)
def test_a_uid_stays_as_archives_have_it(value, expected):
    assert clean.uid(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("L\\F", ["L", "F"]), ("pl\\fa", ["PL", "FA"]), ("L", []), ("L\\X", []), ("L\\F\\A", []), (None, [])],
)
def test_an_orientation_has_two_directions(value, expected):
    assert clean.orientation(value) == expected


@pytest.mark.parametrize(
    ("value", "minutes"),
    [("+0900", 540), ("-0330", -210), ("+1500", None), ("+0099", None), ("Z", None), ("0900", None)],
)
def test_a_zone_is_an_offset_that_there_is(value, minutes):
    zone = clean.zone(value)
    assert (None if zone is None else zone.utcoffset(None)) == (
        None if minutes is None else timedelta(minutes=minutes)
    )


@given(st.text())
def test_no_text_at_all_is_refused_by_an_exception(value):
    """Break it: let `date` raise for a month 13."""
    for cleaned in (clean.text(value, 64), clean.name(value), clean.uid(value)):
        assert not set(cleaned) & set("\\\r\n\0\x1b")
    clean.day(value), clean.clock_time(value), clean.orientation(value), clean.zone(value)
