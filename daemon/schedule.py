"""Calendar jobs: what happens at a time of day, by the local clock.

APScheduler's jobs wait for the wall clock, and stop when it is set back; so they are planned anew when the
wall clock and the monotonic clock part (fault 43).
"""

import time
from collections.abc import Callable
from datetime import time as TimeOfDay  # noqa: N812 - reads as the type that it is

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

_TOLERATED_DRIFT_S = 5.0


class Schedule:
    """Run jobs once a day.

    Parameters
    ----------
    jobs : mapping of str to (time of day, callable)
        By name; the callable runs in a thread of the scheduler and must not raise.
    """

    def __init__(self, jobs: dict[str, tuple[TimeOfDay, Callable[[], None]]]) -> None:
        self._jobs = jobs
        self._scheduler: BackgroundScheduler | None = None
        self._offset = _wall_offset()

    def start(self) -> None:
        """Plan every job by the clock of now."""
        self._scheduler = BackgroundScheduler()
        for name, (at, job) in self._jobs.items():
            self._scheduler.add_job(
                job,
                CronTrigger(hour=at.hour, minute=at.minute, second=at.second),
                id=name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=3600,
            )
        self._offset = _wall_offset()
        self._scheduler.start()

    def watch_clock(self) -> None:
        """Plan anew if the wall clock was set."""
        if abs(_wall_offset() - self._offset) > _TOLERATED_DRIFT_S:
            self.stop()
            self.start()

    def stop(self) -> None:
        """Plan nothing more; a job under way ends by itself."""
        scheduler, self._scheduler = self._scheduler, None
        if scheduler is not None:
            scheduler.shutdown(wait=False)


def _wall_offset() -> float:
    return time.time() - time.monotonic()
