"""Clocks that go, and are set, as a test says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from daemon.jobs.notices import Clocks


class TurnedClocks:
    """All clocks of a machine, to be read as `daemon.jobs.notices.read_clocks` does.

    Parameters
    ----------
    wall : datetime, optional
        Aware; by default the time of now.
    """

    def __init__(self, wall=None):
        wall = datetime.now(UTC) if wall is None else wall
        self._now = Clocks(1000.0, 1000.0, wall.timestamp(), "first")

    def __call__(self):
        return self._now

    @property
    def today(self):
        """The UTC day by the wall clock."""
        return datetime.fromtimestamp(self._now.wall_s, UTC).date()

    def run(self, **passed):
        """Let time pass while the machine works."""
        s = timedelta(**passed).total_seconds()
        self._go(running_s=s, since_boot_s=s, wall_s=s)

    def sleep(self, **passed):
        """Let time pass while the machine sleeps."""
        s = timedelta(**passed).total_seconds()
        self._go(since_boot_s=s, wall_s=s)

    def set_wall(self, **ahead):
        """Set the wall clock alone."""
        self._go(wall_s=timedelta(**ahead).total_seconds())

    def boot(self, **off):
        """Start the machine again after it was off."""
        wall_s = self._now.wall_s + timedelta(**off).total_seconds()
        self._now = Clocks(10.0, 10.0, wall_s, f"{self._now.boot_id} again")

    def _go(self, **passed):
        now = self._now
        self._now = replace(now, **{name: getattr(now, name) + s for name, s in passed.items()})
