"""How the inbox is watched: by events, by polling, or by both where the kernel watches a part of it only.

A watcher that died is made anew (faults 3, 4 and 11).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from daemon.errors import errno_name
from daemon.inbox.events import Watcher
from daemon.spool.mounts import filesystem_type, is_silent

POLL_S = 2.0  # between sweeps while there are no events

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Periods:
    """How often what lies outside of us is looked at.

    Parameters
    ----------
    watch_check_s : float
        Between two looks at whether the watcher lives, seconds.
    watch_retry_s : float
        Between two tries to watch the folders that could not be watched, seconds.
    disk_probe_s : float
        Between two tries of a disk that refused something, seconds.
    progress_s : float
        Between two log lines about what is waited for, seconds.
    """

    watch_check_s: float = 2.0
    watch_retry_s: float = 60.0
    disk_probe_s: float = 5.0
    progress_s: float = 10.0


PERIODS: Final = Periods()


def watcher_of(inbox: Path, wake: Callable[[], None], *, is_polled: bool) -> Watcher | None:
    """Return what takes the events of an inbox, not started.

    Parameters
    ----------
    inbox : Path
    wake : callable
        Called, from any thread, when there is something to take.
    is_polled : bool
        The settings say that it is to be polled.

    Returns
    -------
    Watcher or None
        None: it is polled, for that was set, or its file system reports no events.
    """
    filesystem = filesystem_type(inbox)
    if is_polled or is_silent(filesystem):
        _log.info("inbox_polled", inbox=str(inbox), reason="setting" if is_polled else filesystem)
        return None
    return Watcher(inbox, wake)


class InboxWatch:
    """How the inbox is watched, and how often it must be swept therefore.

    Parameters
    ----------
    watcher : Watcher or None
        None: the inbox is polled.
    sweep_s : float
        Longest time between two sweeps, seconds.
    periods : Periods
    """

    def __init__(self, watcher: Watcher | None, sweep_s: float, periods: Periods = PERIODS) -> None:
        self._watcher = watcher
        self._periods = periods
        self._sweep_s = sweep_s
        self._poll_s = min(POLL_S, sweep_s)
        self._is_whole = False
        self._tried = False
        self._next_check = 0.0
        self._next_try = 0.0

    @property
    def word(self) -> str:
        """How the inbox is watched: ``inotify`` or ``polling``."""
        return "inotify" if self._is_whole else "polling"

    @property
    def sweep_every_s(self) -> float:
        """Longest time to the next sweep, seconds."""
        return self._sweep_s if self._is_whole else self._poll_s

    def take_lost(self) -> bool:
        """Return, once, whether events were lost; then a sweep is due.

        Returns
        -------
        bool
        """
        lost = self._watcher is not None and self._watcher.take_lost()
        if lost:
            _log.warning("events_lost", remedy="sweep")
        return lost

    def tend(self) -> bool:
        """See that the watcher lives and watches the inbox of now; else make it anew.

        Returns
        -------
        bool
            True if a sweep is due, because nothing watched until now.
        """
        now = time.monotonic()
        if self._watcher is None or now < self._next_check:
            return False
        self._next_check = now + self._periods.watch_check_s
        if self._watcher.alive and not self._watcher.is_blind:
            return False
        if self._watcher.alive and now < self._next_try:
            return self._poll(self._watcher, "ENOSPC")
        self._next_try = now + self._periods.watch_retry_s
        return self._start(self._watcher)

    def close(self) -> None:
        """Stop watching."""
        if self._watcher is not None:
            self._watcher.stop()

    def _start(self, watcher: Watcher) -> bool:
        watcher.stop()
        try:
            watcher.start()
        except OSError as error:
            return self._poll(watcher, errno_name(error))
        if watcher.is_blind:
            return self._poll(watcher, "ENOSPC")
        self._is_whole = self._tried = True
        _log.info("inbox_watched", inbox=str(watcher.inbox))
        return True

    def _poll(self, watcher: Watcher, reason: str) -> bool:
        """Say once that the inbox is polled, wholly or for the folders that nothing watches."""
        was_whole, self._is_whole = self._is_whole, False
        if was_whole or not self._tried:
            _log.warning("inbox_polled", inbox=str(watcher.inbox), reason=reason, every_s=self._poll_s)
        self._tried = True
        return was_whole
