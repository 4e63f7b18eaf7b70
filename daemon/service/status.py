"""What the daemon says of itself while it runs: the status file."""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import structlog

from daemon.checks.canary import Canary
from daemon.errors import errno_name
from daemon.monitoring.database_log import DatabaseLog
from daemon.monitoring.status_file import write_status
from daemon.pauses import Pauses
from daemon.service.loop import Stages
from daemon.settings.fields import Settings
from daemon.spool.folders import Spool
from daemon.states import State

_EVERY_S = 1.0
_RATE_WINDOW_S = 60.0

_log = structlog.get_logger()


class StatusReporter:
    """Write the status file: at most once a second while the loop runs, and when intake rests or goes on.

    Parameters
    ----------
    settings : Settings
    model : str
        Label of the release.
    notify : callable
        Called with the same in a line.
    canary : Canary, optional
        What is wrong by its last answer is reported.
    """

    def __init__(
        self,
        settings: Settings,
        model: str,
        notify: Callable[[str], None] = lambda _: None,
        canary: Canary | None = None,
    ) -> None:
        self._canary = canary
        self._spool = Spool(settings.spool)
        self._notify = notify
        self._constant = {
            "pid": os.getpid(),
            "version": version("inboxray"),
            "started_at": datetime.now(UTC).isoformat(),
            "inbox": str(self._spool.inbox),
            "database_url": settings.masked_database(),
            "model": model,
            "engine": settings.engine,
        }
        self._status: dict[str, Any] = dict(self._constant)
        self._database_log = DatabaseLog(settings.database())
        self._pauses: Pauses | None = None
        self._stages: Stages | None = None
        self._cluster: Callable[[], Mapping[str, Any]] | None = None
        self._watcher: str | None = None
        self._next = 0.0
        self._recent: deque[tuple[float, int]] = deque()
        self._failing = False
        self._stopped = False
        self._lock = threading.Lock()  # a pause is reported by whichever thread met its reason

    @property
    def status(self) -> dict[str, Any]:
        """The last status; a new value each time."""
        return self._status

    def attach(self, pauses: Pauses, stages: Stages | None = None) -> None:
        """Say what to report on, as it comes to be.

        Parameters
        ----------
        pauses : Pauses
        stages : Stages or None
            None while the database is waited for.
        """
        self._pauses, self._stages = pauses, stages
        self.write()

    def attach_cluster(self, described: Callable[[], Mapping[str, Any]]) -> None:
        """Report on a cluster, too.

        Parameters
        ----------
        described : callable
            Says how it is.
        """
        self._cluster = described

    def on_pass(self, watcher: str) -> None:
        """Write the status if a second has passed since the last time.

        Parameters
        ----------
        watcher : str
            How the inbox is watched.
        """
        self._watcher = watcher
        if time.monotonic() >= self._next:
            self.write()

    def stop(self) -> None:
        """Say that it ends in order; a daemon that is killed leaves other last words."""
        self._stopped = True
        self.write()

    def write(self) -> None:
        """Write the status now; a full disk is no reason to stop."""
        with self._lock:
            self._next = time.monotonic() + _EVERY_S
            status = self._constant | self._changing()
            self._status = status
            self._notify(_line(status))
            try:
                write_status(self._spool, status)
            except OSError as error:
                if not self._failing:
                    _log.warning("status_write_failed", error=errno_name(error))
                self._failing = True
            else:
                self._failing = False

    def _changing(self) -> dict[str, Any]:
        return {
            "updated_at": datetime.now(UTC).isoformat(),
            "state": self._state(),
            "watcher": self._watcher,
            "pauses": self._pauses.listed() if self._pauses else {},
            "database_log_bytes": self._database_log.size(),
            **({"cluster": self._cluster()} if self._cluster else {}),
            **({"canary": self._canary.reasons()} if self._canary else {}),
        } | (self._counted(self._stages) if self._stages else {})

    def _state(self) -> str:
        if self._stopped:
            return "stopped"
        return "starting" if self._stages is None else "running"

    def _counted(self, stages: Stages) -> dict[str, Any]:
        met, pipeline = stages.intake.counts, stages.pipeline
        oldest = None if met.oldest_wall_ns is None else max(0.0, time.time() - met.oldest_wall_ns / 1e9)
        return {
            "waiting": max(met.waiting, stages.intake.waiting),
            "oldest_waiting_s": None if oldest is None else round(oldest, 1),
            "ignored": met.ignored,
            "unclaimable": met.unclaimable,
            "in_progress": pipeline.in_progress,
            "dispose_pending": pipeline.files.count(State.RECORDED),
            "set_aside": list(pipeline.set_aside),
            "recorded_again": pipeline.committer.recorded_again,
            "previews_failed": pipeline.committer.previews_failed,
            "returned": pipeline.files.left[State.RETURNED],
            "evicted": stages.intake.files.left[State.EVICTED],
            "answered": dict(pipeline.committer.outcomes),
            "answered_last_minute": self._rate(sum(pipeline.committer.outcomes.values())),
        }

    def _rate(self, total: int) -> int:
        now = time.monotonic()
        self._recent.append((now, total))
        while self._recent[0][0] < now - _RATE_WINDOW_S:
            self._recent.popleft()
        return total - self._recent[0][1]


def _line(status: Mapping[str, Any]) -> str:
    """Say in a line how it is: why nothing is taken in, else what there is to do and what was done."""
    if status["state"] == "stopped":
        return "Stopped"
    if status["pauses"]:
        why = ", ".join(f"{reason} ({pause['cause']})" for reason, pause in status["pauses"].items())
        return f"Takes nothing in: {why}"
    if status["state"] == "starting":
        return "Starts"
    return (
        f"{status['waiting']} waiting, {status['in_progress']} in progress, "
        f"{sum(status['answered'].values())} answered"
    )
