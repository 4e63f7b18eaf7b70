"""Dates and times keep their distances, and nothing unreadable stays.

Break it: move the date and not the time.
"""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.deidentification.moved_times import moved_date_time, moved_pair

SHIFT = -timedelta(days=400, seconds=3 * 3600 + 61)
MOMENTS = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001


def read(date, time):
    return datetime.strptime(date + time, "%Y%m%d%H%M%S")  # noqa: DTZ007


@settings(max_examples=40)
@given(MOMENTS, MOMENTS)
def test_the_time_between_two_moments_stays(first, second):
    moved = [
        read(*moved_pair(one.strftime("%Y%m%d"), one.strftime("%H%M%S"), SHIFT)) for one in (first, second)
    ]
    assert moved[1] - moved[0] == second.replace(microsecond=0) - first.replace(microsecond=0)
    assert moved[0] == first.replace(microsecond=0) + SHIFT


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        (("20240310", "030101.123456"), ("20230204", "000000.123456")),
        (("20240310", "0301"), ("20230203", "2359")),
        (("20240310", ""), ("20230203", "")),
        (("2024.03.10", "03:01:01"), ("20230204", "000000")),
        (("", "101112"), ("", "")),
        (("1970", "101112"), ("", "")),
        (("00010101", "000000"), ("", "")),
        (("20240230", "000000"), ("", "")),
        (("20240310", "996070"), ("20230203", "")),
    ],
)
def test_pairs(pair, expected):
    assert moved_pair(*pair, SHIFT) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("20240310030101.5+0900", "20230204000000.5"),
        ("2024031003", "2023020323"),
        ("20240310", ""),
        ("2024", ""),
        ("of late", ""),
        ("20249910030101", ""),
    ],
)
def test_both_in_one(value, expected):
    assert moved_date_time(value, SHIFT) == expected
