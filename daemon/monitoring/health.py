"""Whether the daemon is alive, and whether it can take files: two questions with different answers.

While the database is away the daemon waits: it is alive and not ready, and a restart would not help.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from daemon.monitoring.status_file import why_nothing_is_taken_in
from storage.errors import StorageError
from storage.ping import ping

if TYPE_CHECKING:
    from daemon.checks.canary import Canary

STUCK_AFTER_S = 60.0
_PROBE_EVERY_S = 5.0


class Pulse:
    """When the loop made its last pass.

    Parameters
    ----------
    clock : callable
        Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._beat_at = clock()

    def beat(self) -> None:
        """Note that the loop made a pass, or that the start is still waiting."""
        self._beat_at = self._clock()

    @property
    def age_s(self) -> float:
        """Time since the last beat, seconds."""
        return self._clock() - self._beat_at


class Health:
    """Answer both questions; thread-safe.

    Parameters
    ----------
    pulse : Pulse
    status : callable
        Returns the daemon's status, as in the status file.
    database_url : str
    clock : callable
        Monotonic seconds.
    canary : Canary, optional
        Its last answer is part of being ready.
    """

    def __init__(
        self,
        pulse: Pulse,
        status: Callable[[], Mapping[str, Any]],
        database_url: str,
        clock: Callable[[], float] = time.monotonic,
        canary: "Canary | None" = None,
    ) -> None:
        self._canary = canary
        self._pulse = pulse
        self._status = status
        self._database_url = database_url
        self._clock = clock
        self._lock = threading.Lock()
        self._asked_at = float("-inf")
        self._database_reason: str | None = None

    def is_alive(self) -> list[str]:
        """Return why the daemon must be restarted.

        Returns
        -------
        list of str
            Empty if it is alive.
        """
        return ["stuck"] if self._pulse.age_s > STUCK_AFTER_S else []

    def is_ready(self) -> list[str]:
        """Return why no file can be claimed and answered now.

        Returns
        -------
        list of str
            Reasons without anything of a patient; empty if it is ready.
        """
        status = self._status()
        paused = dict(status.get("pauses") or {})
        if reason := self._database():
            paused.setdefault("database", {"cause": reason})
        canary = self._canary.reasons() if self._canary else []  # of now, not of a second ago
        return self.is_alive() + why_nothing_is_taken_in({**status, "pauses": paused, "canary": canary})

    def measured(self) -> dict[str, Any]:
        """Return what `/ready` reports beside the reasons.

        Returns
        -------
        dict of str to object
            ``canary_latency_s``: seconds in which the last canary was answered, if canaries are set;
            ``set_aside``: scan ids of claims that are left alone, if there are any.
        """
        aside = self._status().get("set_aside")
        return {
            **({"canary_latency_s": self._canary.latency_s} if self._canary else {}),
            **({"set_aside": list(aside)} if aside else {}),
        }

    def _database(self) -> str | None:
        """Ask the database, every 5 s at most, and one thread at a time."""
        if not self._lock.acquire(blocking=False):
            return self._database_reason  # another thread asks; a server that is away may take its time
        try:
            if self._clock() - self._asked_at >= _PROBE_EVERY_S:
                try:
                    ping(self._database_url)
                    self._database_reason = None
                except StorageError as error:
                    self._database_reason = getattr(error, "reason", error.code)
                self._asked_at = self._clock()
            return self._database_reason
        finally:
            self._lock.release()
