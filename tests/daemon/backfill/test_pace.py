from datetime import datetime

import pytest

from daemon.backfill.pace import ALL_DAY, Hours, Pace
from daemon.errors import UsageError


def at(hour, minute=0):
    return datetime(2026, 11, 29, hour, minute).astimezone()


@pytest.mark.parametrize(
    ("text", "within", "without", "share"),
    [
        ("19-07", [19, 23, 0, 6], [7, 12, 18], 0.5),
        ("1-5", [1, 4], [0, 5, 23], 4 / 24),
        ("20-24", [20, 23], [0, 19], 4 / 24),
        ("0-24", range(24), [], 1),
    ],
)
def test_hours_may_go_over_midnight(text, within, without, share):
    hours = Hours.parse(text)
    assert all(hours.holds(at(hour)) for hour in within)
    assert not any(hours.holds(at(hour, 59)) for hour in without)
    assert hours.share == share
    assert all(ALL_DAY.holds(at(hour)) for hour in range(24))


@pytest.mark.parametrize("text", ["", "19", "19-25", "7-7", "24-0", "a-b", "19:00-07:00"])
def test_what_are_no_hours_is_refused(text):
    with pytest.raises(UsageError, match="19-07"):
        Hours.parse(text)


def test_no_more_files_a_second_are_begun_than_are_wanted():
    """Break it: save up what was not used. After a pause of an hour the share is flooded."""
    now = [0.0]
    pace = Pace(10, ALL_DAY, lambda: now[0])
    begun = []
    for _ in range(100):
        now[0] += 0.05
        files = pace.allowed(1000)
        pace.take(files)
        begun.append(files)
    assert 48 <= sum(begun) <= 52
    now[0] += 3600
    assert pace.allowed(1000) == 10


def test_a_file_in_ten_seconds_is_begun_at_all():
    now = [0.0]
    pace = Pace(0.1, ALL_DAY, lambda: now[0])
    pace.take(pace.allowed(5))
    assert pace.allowed(5) == 0
    now[0] += 10
    assert pace.allowed(5) == 1


def test_outside_the_hours_nothing_is_begun():
    pace = Pace(None, Hours(19, 7), now=lambda: at(12))
    assert (pace.allowed(5), pace.rests) == (0, True)
    assert Pace(None, Hours(19, 7), now=lambda: at(20)).allowed(5) == 5


@pytest.mark.parametrize("rate", [float("inf"), 1e308])
def test_a_rate_beyond_all_measure_is_none(rate):
    """`float` of Python reads `inf`, as an option too; it ended the program."""
    times = iter([0.0, 0.0, 10.0])
    pace = Pace(rate, ALL_DAY, clock=lambda: next(times))
    assert pace.allowed(1) == 1
    pace.take(1)
    assert pace.allowed(7) == 7
