"""What is measured, for Prometheus: base units, bounded labels, nothing of a patient.

References
----------
https://prometheus.io/docs/practices/naming/
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from daemon.checks.new_devices import Verdict
from daemon.jobs.history import History
from daemon.monitoring.at_scrape import AtScrape
from daemon.monitoring.exposition import Exposition
from daemon.monitoring.health import Pulse
from daemon.monitoring.process_metrics import ProcessMetrics
from daemon.spool.warnings import WARNINGS
from storage.records import ScanRecord
from storage.vocabulary import CLASSIFIED

_SECONDS: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)
_SCANS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
_PROBABILITIES: Final = tuple(step / 20 for step in range(1, 21))
_OWN_STAGES: Final = frozenset({"read", "hash", "decode", "preview"})


class Metrics(Exposition):
    """Count and measure.

    Parameters
    ----------
    spool : Path
        Root of the spool, whose disk is measured.
    pulse : Pulse
    status : callable
        Returns the daemon's status, as in the status file.
    history : History
        Of the calendar jobs.
    """

    def __init__(
        self, spool: Path, pulse: Pulse, status: Callable[[], Mapping[str, Any]], history: History
    ) -> None:
        registry = self._registry = CollectorRegistry(auto_describe=False)
        self._scans = Counter(
            "inboxray_scans",
            "Scans with a row, by outcome and error code.",
            ("outcome", "code"),
            registry=registry,
        )
        self._decisions = Counter(
            "inboxray_decisions", "Classified scans, by decision.", ("decision",), registry=registry
        )
        self._warnings = Counter(
            "inboxray_warnings",
            "Warnings of scans with a row, by code; other: one that a library gave.",
            ("code",),
            registry=registry,
        )
        self._stages = Histogram(
            "inboxray_stage_duration_seconds",
            "Time of a stage: read, hash, decode and preview for a scan; classify, record and dispose for a "
            "batch.",
            ("stage",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._batches = Histogram(
            "inboxray_batch_scans", "Scans in a batch.", buckets=_SCANS, registry=registry
        )
        self._probabilities = Histogram(
            "inboxray_probability",
            "Reported probability of fractured, of classified scans.",
            buckets=_PROBABILITIES,
            registry=registry,
        )
        self._database_retries = Counter(
            "inboxray_database_retries",
            "Calls that the database did not answer, and that were retried.",
            registry=registry,
        )
        self._last_row = Gauge(
            "inboxray_last_row_timestamp_seconds",
            "When a scan was last recorded in this run of the daemon; 0: none was.",
            registry=registry,
        )
        self._canaries = Counter(
            "inboxray_canaries",
            "Canaries with a row, by outcome and error code; they count nowhere else.",
            ("outcome", "code"),
            registry=registry,
        )
        self._canary_latency = Gauge(
            "inboxray_canary_latency_seconds",
            "From the drop of the last canary to its row.",
            registry=registry,
        )
        self._canary_answered = Gauge(
            "inboxray_canary_last_success_timestamp_seconds",
            "When a canary was last classified in this run of the daemon; 0: none was.",
            registry=registry,
        )
        self._new_devices = Counter(
            "inboxray_new_devices",
            "Devices never seen before, by what half of their first 20 scans have in common: failing, "
            "abstained, warned, or sound.",
            ("verdict",),
            registry=registry,
        )
        for verdict in Verdict:  # from 0, so that an increase by 1 is one
            self._new_devices.labels(verdict.value)
        registry.register(AtScrape(spool, pulse, status, history))
        registry.register(ProcessMetrics())

    def batch(self, rows: Sequence[ScanRecord], batch_s: Mapping[str, float]) -> None:
        """Count a batch whose rows are committed.

        Parameters
        ----------
        rows : sequence of ScanRecord
        batch_s : mapping of str to float
            Seconds that each stage took for the whole batch.
        """
        self._batches.observe(len(rows))
        self._last_row.set_to_current_time()
        for stage, seconds in batch_s.items():
            self._stages.labels(stage).observe(seconds)
        for row in rows:
            self._scans.labels(row.outcome, row.error_code or "").inc()
            for stage in _OWN_STAGES & row.durations.keys():  # the child's own keys make no labels
                self._stages.labels(stage).observe(row.durations[stage])
            if row.decision is not None:
                self._decisions.labels(row.decision).inc()
            for code in row.warnings:  # as above: a child's own words make no labels
                self._warnings.labels(code if code in WARNINGS else "other").inc()
            if row.probability is not None:
                self._probabilities.observe(row.probability)

    def canary(self, row: ScanRecord, latency_s: float | None) -> None:
        """Count a canary whose row is committed.

        Parameters
        ----------
        row : ScanRecord
        latency_s : float or None
            Seconds since it was dropped; None if that is not known.
        """
        self._canaries.labels(row.outcome, row.error_code or "").inc()
        if latency_s is not None:
            self._canary_latency.set(latency_s)
        if row.outcome == CLASSIFIED:
            self._canary_answered.set_to_current_time()

    def new_device(self, verdict: Verdict) -> None:
        """Count a device that was never seen before, and has its first scans together.

        Parameters
        ----------
        verdict : Verdict
        """
        self._new_devices.labels(verdict.value).inc()

    def database_retry(self) -> None:
        """Count a call that the database did not answer and that is retried."""
        self._database_retries.inc()
