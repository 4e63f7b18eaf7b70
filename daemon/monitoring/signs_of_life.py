"""The daemon's signs of life, and who gets them: the service manager, and whoever monitors."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from daemon.checks.canary import Canary
from daemon.jobs.history import History
from daemon.monitoring.health import Health, Pulse
from daemon.monitoring.systemd import Notifier
from daemon.settings.fields import Settings
from daemon.spool.folders import Spool
from storage.records import ScanRecord

if TYPE_CHECKING:
    from daemon.monitoring.metrics import Metrics


class Vitals:
    """Pass on that the daemon lives, and what it did.

    Parameters
    ----------
    settings : Settings
    manager : Notifier
        The service manager.
    history : History
        Of the calendar jobs.
    """

    def __init__(self, settings: Settings, manager: Notifier, history: History) -> None:
        self.manager = manager
        self.history = history
        self._settings = settings
        self._pulse = Pulse()
        self._metrics: Metrics | None = None
        self.canary: Canary | None = None
        if settings.canary_every_minutes:
            self.canary = Canary(Spool(settings.spool), settings.canary_within_s)

    def live(self) -> None:
        """Say that the loop made a pass, or that the start goes on."""
        self._pulse.beat()
        self.manager.alive()

    def database_error(self) -> None:
        """Say that the database could not serve a call."""
        if self._metrics:
            self._metrics.database_error()

    def batch(self, rows: Sequence[ScanRecord], batch_s: Mapping[str, float]) -> None:
        """Say that a batch has its rows; see `daemon.monitoring.metrics`. Canaries are no scans."""
        scans = [row for row in rows if not row.is_canary]
        for row in rows:
            if row.is_canary:
                latency_s = self.canary.answered(row) if self.canary else None
                if self._metrics:
                    self._metrics.canary(row, latency_s)
        if self._metrics and scans:
            self._metrics.batch(scans, batch_s)

    @contextmanager
    def monitored(self, status: Callable[[], Mapping[str, Any]]) -> Iterator[None]:
        """Let monitoring ask, if that is set.

        Parameters
        ----------
        status : callable
            Gives what the daemon says of itself.

        Raises
        ------
        CannotCreateError
            The socket cannot be had.
        """
        settings = self._settings
        if settings.metrics_listen is None:
            yield
            return
        from daemon.monitoring.http import monitored
        from daemon.monitoring.metrics import Metrics

        self._metrics = Metrics(settings.spool, self._pulse, status, self.history)
        health = Health(self._pulse, status, settings.database(), canary=self.canary)
        with monitored(settings.metrics_listen, self._metrics, health):
            yield
