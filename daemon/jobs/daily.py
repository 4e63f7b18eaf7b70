"""A local time of day, each day exactly once, also in the nights in which the clocks change (fault 68).

APScheduler's own trigger of such a time skips the day after the clocks go forward, and does not leave the
hour that comes twice.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from apscheduler.triggers.base import BaseTrigger


class Daily(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Come once each day.

    Parameters
    ----------
    at : time
        Local. One that comes twice counts where it comes first; one that is left out, as much later as the
        clocks go forward.
    zone : tzinfo
    """

    def __init__(self, at: time, zone: tzinfo) -> None:
        self._at = at
        self._zone = zone

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Return the first of its times after the one before and not before now, as APScheduler asks.

        Parameters
        ----------
        previous_fire_time : datetime or None
        now : datetime
            Both aware.

        Returns
        -------
        datetime
            Aware, in the zone.
        """
        day = now.astimezone(self._zone).date() - timedelta(days=1)
        while (found := self.on(day)) < now or (previous_fire_time and found <= previous_fire_time):
            day += timedelta(days=1)
        return found.astimezone(self._zone)

    def latest(self, now: datetime) -> datetime:
        """Return the last of its times that has come.

        Parameters
        ----------
        now : datetime
            Aware.

        Returns
        -------
        datetime
            Aware, in the zone.
        """
        day = now.astimezone(self._zone).date() + timedelta(days=1)
        while (found := self.on(day)) > now:
            day -= timedelta(days=1)
        return found.astimezone(self._zone)

    def on(self, day: date) -> datetime:
        """Return when its time comes on a day, in UTC: two times of one zone compare by the clock's hands.

        Parameters
        ----------
        day : date

        Returns
        -------
        datetime
        """
        return datetime.combine(day, self._at.replace(fold=0), self._zone).astimezone(UTC)
