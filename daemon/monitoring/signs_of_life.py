"""The daemon's signs of life, passed on to the service manager and to monitoring."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from daemon.checks.canary import Canary
from daemon.checks.new_devices import NewDevices
from daemon.jobs.history import History
from daemon.monitoring.health import Health, Pulse
from daemon.monitoring.systemd import Notifier
from daemon.settings.fields import Settings
from daemon.spool.folders import Spool
from storage.records import ScanRecord

if TYPE_CHECKING:
    from daemon.monitoring.metrics import Metrics


class SignsOfLife:
    """Pass on that the daemon is alive, and what it did.

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
        self._new_devices: NewDevices | None = None
        self.canary: Canary | None = None
        if settings.canary_every_minutes:
            self.canary = Canary(Spool(settings.spool), settings.canary_within_s)

    def live(self) -> None:
        """Note that the loop made a pass, or that the start is still waiting for the database."""
        self._pulse.beat()
        self.manager.alive()

    def database_retry(self) -> None:
        """Note that the database did not answer a call, which is retried."""
        if self._metrics:
            self._metrics.database_retry()

    def watch_devices(self, new_devices: NewDevices) -> None:
        """Look out for devices that were never seen before, in the rows of each batch from now on.

        Parameters
        ----------
        new_devices : NewDevices
        """
        self._new_devices = new_devices

    def batch(self, rows: Sequence[ScanRecord], batch_s: Mapping[str, float]) -> None:
        """Note that the rows of a batch are committed; canaries are counted apart.

        Parameters
        ----------
        rows : sequence of ScanRecord
        batch_s : mapping of str to float
            Seconds that each stage took for the whole batch.
        """
        scans = [row for row in rows if not row.is_canary]
        for row in rows:
            if row.is_canary:
                latency_s = self.canary.answered(row) if self.canary else None
                if self._metrics:
                    self._metrics.canary(row, latency_s)
        if self._metrics and scans:
            self._metrics.batch(scans, batch_s)
        for one in self._new_devices.take(scans) if self._new_devices else ():
            if self._metrics:
                self._metrics.new_device(one.verdict)

    @contextmanager
    def monitored(self, status: Callable[[], Mapping[str, Any]]) -> Iterator[None]:
        """Serve metrics and health, if `metrics_listen` is set.

        Parameters
        ----------
        status : callable
            Returns the daemon's status, as in the status file.

        Yields
        ------
        None

        Raises
        ------
        CannotCreateError
            The socket cannot be opened.
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
