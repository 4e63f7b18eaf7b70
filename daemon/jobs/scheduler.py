"""Calendar jobs: what happens at a time of day, by the local clock.

APScheduler's jobs wait for the wall clock, and stop when it is set back; so they are scheduled again when the
wall clock and the monotonic clock drift apart (fault 43). A job that was due while no daemon ran runs once.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from datetime import time as TimeOfDay  # noqa: N812 - reads as the type that it is
from typing import Any

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger

from daemon.errors import DaemonError, errno_name
from daemon.jobs.daily import Daily
from daemon.jobs.history import History
from storage.errors import StorageError

_TOLERATED_DRIFT_S = 5.0
_GRACE_S = 3600  # a machine that slept at the time runs the job when it wakes within this
_CATCH_UP_AFTER = timedelta(seconds=60)  # so that a start is not slowed down by it

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CalendarJob:
    """What runs when.

    Parameters
    ----------
    name : str
    run : callable
        Returns what it did, for the log; raises StorageError, DaemonError or OSError.
    at : time, optional
        Local time of day; without, it runs every so many minutes.
    every_minutes : int
        A divisor of 60.
    """

    name: str
    run: Callable[[], Mapping[str, Any]]
    at: TimeOfDay | None = None
    every_minutes: int = 15

    def trigger(self, zone: tzinfo) -> BaseTrigger:
        """Return its times as a trigger of APScheduler.

        Parameters
        ----------
        zone : tzinfo
            The local zone.

        Returns
        -------
        BaseTrigger
        """
        if self.at is None:
            return CronTrigger(minute=f"*/{self.every_minutes}", timezone=zone)
        return Daily(self.at, zone)

    def latest(self, now: datetime) -> datetime:
        """Return the last of its times that has come.

        Parameters
        ----------
        now : datetime
            Aware, in the local zone itself, which knows when the clocks change.

        Returns
        -------
        datetime
            Aware, in the same zone.
        """
        if self.at is None:
            return now.replace(minute=now.minute - now.minute % self.every_minutes, second=0, microsecond=0)
        return Daily(self.at, now.tzinfo or UTC).latest(now)


def _now() -> datetime:
    return datetime.now(UTC)


def _wall_offset() -> float:
    return time.time() - time.monotonic()


class Schedule:
    """Run jobs by the calendar, each at most once for each of its times, and one instance of each.

    Parameters
    ----------
    jobs : sequence of CalendarJob
    history : History
        Keeps what ran.
    make : callable
        Makes the scheduler that calls the jobs.
    clock : callable
        The time of now, aware.
    offset : callable
        By how many seconds the wall clock is ahead of the monotonic one.
    each_pass : callable, optional
        Called whenever the clock is watched.
    """

    def __init__(
        self,
        jobs: Sequence[CalendarJob],
        history: History,
        *,
        make: Callable[[], BaseScheduler] = BackgroundScheduler,
        clock: Callable[[], datetime] = _now,
        offset: Callable[[], float] = _wall_offset,
        each_pass: Callable[[], None] | None = None,
    ) -> None:
        self._jobs = {job.name: job for job in jobs}
        self._history = history
        self._make = make
        self._clock = clock
        self._scheduler: BaseScheduler | None = None
        self._zone: tzinfo = UTC
        self._wall_offset = offset
        self._offset = offset()
        self._each_pass = each_pass
        self._running = {job.name: threading.Lock() for job in jobs}

    def start(self) -> None:
        """Schedule every job by the current clock; one that was missed runs in a minute."""
        scheduler = self._scheduler = self._make()
        self._zone = scheduler.timezone
        now = self._local_now()
        for job in self._jobs.values():
            missed = self._was_missed(job, now)
            scheduler.add_job(
                self._run,
                job.trigger(self._zone),
                args=[job],
                id=job.name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=_GRACE_S,
                **({"next_run_time": now + _CATCH_UP_AFTER} if missed else {}),
            )
        self._offset = self._wall_offset()
        scheduler.start()
        self._note_plan()

    def watch_clock(self) -> None:
        """Schedule the jobs again if the wall clock was set."""
        if self._each_pass is not None:
            self._each_pass()
        if abs(self._wall_offset() - self._offset) > _TOLERATED_DRIFT_S:
            _log.info("clock_changed", jobs=len(self._jobs))
            self.stop()
            self.start()

    def stop(self) -> None:
        """Start no more jobs; one that runs ends by itself."""
        scheduler, self._scheduler = self._scheduler, None
        if scheduler is not None:
            scheduler.shutdown(wait=False)

    def _was_missed(self, job: CalendarJob, now: datetime) -> bool:
        """Return whether a daily job that ran before did not run at the last of its times."""
        ran_for = self._history.entry(job.name).planned_for
        if job.at is None or ran_for is None:
            return False
        return datetime.fromisoformat(ran_for) < job.latest(now)

    def _run(self, job: CalendarJob) -> None:
        now = self._local_now()
        planned_for = job.latest(now)
        lock = self._running[job.name]
        if not lock.acquire(blocking=False):
            return  # a run that began before the clock was set goes on
        try:
            if self._history.entry(job.name).planned_for == planned_for.isoformat():
                return  # the clock was set back: it ran for this time
            self._history.began(job.name, planned_for, now)
            self._do(job)
        finally:
            lock.release()
            self._note_plan()

    def _do(self, job: CalendarJob) -> None:
        started = time.monotonic()
        try:
            result = job.run()
        except (StorageError, DaemonError) as error:
            self._history.ended(job.name, "failed", {"code": error.code}, self._local_now())
            _log.error("job_failed", job=job.name, code=error.code)
        except OSError as error:
            self._history.ended(job.name, "failed", {"code": errno_name(error)}, self._local_now())
            _log.error("job_failed", job=job.name, code=errno_name(error))
        else:
            self._history.ended(job.name, "done", result, self._local_now())
            _log.info("job_succeeded", job=job.name, seconds=round(time.monotonic() - started, 3), **result)

    def _local_now(self) -> datetime:
        return self._clock().astimezone(self._zone)

    def _note_plan(self) -> None:
        scheduler = self._scheduler
        if scheduler is not None:
            planned = {job.id: job.next_run_time for job in scheduler.get_jobs()}
            self._history.plan({name: planned.get(name) for name in self._jobs})
