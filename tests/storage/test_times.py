from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, insert, select

from storage.errors import DatabaseRefused
from storage.times import UtcTime, format_utc, require_aware
from storage.translate import translated_errors

AWARE = st.datetimes(
    min_value=datetime(1, 1, 3),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(9999, 12, 29),  # noqa: DTZ001
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
MOMENTS = Table("moments", MetaData(), Column("at", UtcTime))


def test_the_form_is_fixed():
    assert (
        format_utc(datetime(2026, 11, 23, 12, tzinfo=timezone(timedelta(hours=1))))
        == "2026-11-23T11:00:00.000000Z"
    )


def test_a_naive_time_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        require_aware(datetime(2026, 11, 23))  # noqa: DTZ001


@given(AWARE, AWARE)
def test_the_order_of_the_text_is_the_order_of_time(one, other):
    assert (one < other) == (format_utc(one) < format_utc(other))


@pytest.fixture
def moments(empty_engine):
    MOMENTS.metadata.create_all(empty_engine)
    return empty_engine


def test_a_time_comes_back_as_the_same_instant_in_utc(moments):
    written = datetime(2026, 3, 29, 2, 30, 15, 123456, tzinfo=timezone(timedelta(hours=5, minutes=45)))

    with moments.begin() as connection:
        connection.execute(insert(MOMENTS), [{"at": written}, {"at": None}])
    with moments.connect() as connection:
        read, nothing = connection.scalars(select(MOMENTS.c.at)).all()

    assert written == read
    assert read.tzinfo == UTC
    assert nothing is None


def test_the_database_refuses_a_naive_time(moments):
    with (
        pytest.raises(DatabaseRefused, match="ValueError"),
        translated_errors("writing"),
        moments.begin() as connection,
    ):
        connection.execute(insert(MOMENTS), {"at": datetime(2026, 3, 29)})  # noqa: DTZ001


def test_comparisons_are_of_instants(moments):
    early = datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    late = datetime(2025, 12, 31, 23, 0, tzinfo=UTC)

    with moments.begin() as connection:
        connection.execute(insert(MOMENTS), [{"at": early}, {"at": late}])
        found = connection.scalars(select(MOMENTS.c.at).where(MOMENTS.c.at >= late)).all()

    assert [late] == found
