"""Fault 68: the nights of both changes of the clocks. Break it: use APScheduler's CronTrigger."""

from datetime import UTC, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from daemon.jobs.daily import Daily

ZONES = ["Europe/Berlin", "America/New_York", "America/Havana", "Australia/Lord_Howe"]
TIMES = [time(0, 0), time(0, 30), time(1, 0), time(1, 30), time(2, 0), time(2, 30), time(3, 0), time(3, 30)]
HOUR = timedelta(hours=1)


@cache
def changes(zone):
    """Give the moments in 2024 at which the clocks change; of years to come, zone tables disagree."""
    moments = [datetime(2024, 1, 1, tzinfo=UTC) + HOUR / 2 * number for number in range(365 * 48)]
    return [
        after
        for before, after in pairwise(moments)
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset()
    ]


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("at", TIMES)
def test_each_day_has_its_time_exactly_once(name, at):
    zone = ZoneInfo(name)
    assert len(changes(zone)) == 2
    for change in changes(zone):
        daily = Daily(at, zone)
        found, now = [], (change - timedelta(days=3)).astimezone(zone)
        while len(found) < 7:
            found.append(daily.get_next_fire_time(found[-1] if found else None, now))
            now = found[-1]
        days = [one.date() for one in found]
        assert days == [days[0] + timedelta(days=number) for number in range(7)]
        moved = [one for one in found if one.time() != at]  # left out by the clocks: as much later
        assert len(moved) <= 1
        assert all(change <= one < change + HOUR for one in moved)


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("at", TIMES)
def test_the_latest_has_come_and_no_other_since(name, at):
    zone = ZoneInfo(name)
    for change in changes(zone):
        daily = Daily(at, zone)
        for minutes in range(-3 * 1440, 3 * 1440, 17):
            now = (change + timedelta(minutes=minutes)).astimezone(zone)
            latest = daily.latest(now)
            assert latest.astimezone(UTC) <= now.astimezone(UTC)
            following = daily.get_next_fire_time(latest, latest)
            assert following.astimezone(UTC) > now.astimezone(UTC)
            assert following.date() - latest.date() == timedelta(days=1)
