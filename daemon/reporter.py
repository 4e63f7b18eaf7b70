"""What the daemon says of itself while it runs: the status file."""

import os
import time
from collections import deque
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import structlog

from daemon.errors import errno_name
from daemon.loop import Stages
from daemon.settings import Settings
from daemon.status import write_status

_EVERY_S = 1.0
_RATE_WINDOW_S = 60.0

_log = structlog.get_logger()


class Reporter:
    """Write the status file, at most once a second.

    Parameters
    ----------
    settings : Settings
    stages : Stages
    model : str
        Label of the release.
    """

    def __init__(self, settings: Settings, stages: Stages, model: str) -> None:
        self._stages = stages
        self._constant = {
            "pid": os.getpid(),
            "version": version("inboxray"),
            "started_at": datetime.now(UTC).isoformat(),
            "inbox": str(stages.spool.inbox),
            "database_url": settings.masked_database(),
            "model": model,
            "engine": settings.engine,
        }
        self._next = 0.0
        self._recent: deque[tuple[float, int]] = deque()
        self._failing = False

    def on_pass(self, watcher: str) -> None:
        """Write the status if a second has passed since the last time.

        Parameters
        ----------
        watcher : str
            How the inbox is watched.
        """
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _EVERY_S
        status = self._constant | {"watcher": watcher} | self._changing()
        try:
            write_status(self._stages.spool, status)
        except OSError as error:  # a full disk must not stop what needs no room
            if not self._failing:
                _log.warning("status_not_written", error=errno_name(error))
            self._failing = True
        else:
            self._failing = False

    def _changing(self) -> dict[str, Any]:
        intake, pipeline = self._stages.intake, self._stages.pipeline
        met = intake.counts
        oldest = None if met.oldest_wall_ns is None else max(0.0, time.time() - met.oldest_wall_ns / 1e9)
        return {
            "updated_at": datetime.now(UTC).isoformat(),
            "waiting": max(met.waiting, intake.waiting),
            "oldest_waiting_s": None if oldest is None else round(oldest, 1),
            "ignored": met.ignored,
            "unclaimable": met.unclaimable,
            "in_progress": pipeline.in_progress,
            "dispose_pending": pipeline.dispose_pending,
            "returned": pipeline.returned,
            "answered": dict(pipeline.outcomes),
            "answered_last_minute": self._rate(sum(pipeline.outcomes.values())),
            "pauses": self._stages.pauses.listed(),
        }

    def _rate(self, total: int) -> int:
        now = time.monotonic()
        self._recent.append((now, total))
        while self._recent[0][0] < now - _RATE_WINDOW_S:
            self._recent.popleft()
        return total - self._recent[0][1]
