"""The calendar's jobs in a daemon: from the first moment in which there is nothing else to do.

What they import (the scheduler, exports, the comparisons of a night) is a tenth of what a start would import,
and no file needs it. A job that was missed runs a minute after the start, and later still is no harm.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

from daemon.settings.fields import Settings

if TYPE_CHECKING:
    from daemon.checks.canary import Canary
    from daemon.jobs.history import History
    from daemon.jobs.scheduler import Schedule
    from model.release import Release


class Calendar:
    """Start the jobs when the daemon rests, and stop them with it; it is a context manager.

    Parameters
    ----------
    settings : Settings
    history : History
    canary : Canary or None
    release : Release or None
        As of `daemon.jobs.planned.run_jobs`.
    is_resting : callable
        Says whether there is nothing to do now.
    latest_s : float
        They start after so many seconds where there is always something to do.
    """

    def __init__(
        self,
        settings: Settings,
        history: "History",
        canary: "Canary | None",
        release: "Release | None",
        is_resting: Callable[[], bool],
        *,
        latest_s: float = 60.0,
    ) -> None:
        history.unplan()
        self._planned = (settings, history, canary, release)
        self._is_resting = is_resting
        self._latest = time.monotonic() + latest_s
        self._running = ExitStack()
        self._schedule: Schedule | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def tick(self) -> None:
        """Start the jobs if it is time; see whether a clock was set, if they run."""
        if self._schedule is not None:
            self._schedule.watch_clock()
        elif self._is_resting() or time.monotonic() >= self._latest:
            from daemon.jobs.planned import run_jobs

            self._schedule = self._running.enter_context(run_jobs(*self._planned))
