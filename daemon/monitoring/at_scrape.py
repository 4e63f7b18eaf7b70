"""What is measured at the moment of a scrape, and not counted before it; see `daemon.monitoring.metrics`."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from daemon.jobs.history import History
from daemon.monitoring.health import Pulse

_PAUSES: Final = ("database", "disk", "decoding", "cluster")

_GAUGES: Final = {
    "waiting": ("inboxray_files_waiting", "Files in the inbox that are known and not claimed."),
    "ignored": ("inboxray_files_ignored", "Files in the inbox that are never claimed."),
    "unclaimable": ("inboxray_files_unclaimable", "Files that permissions forbid to claim."),
    "oldest_waiting_s": (
        "inboxray_oldest_waiting_seconds",
        "Age of the oldest file in the inbox that is not claimed; 0 if there is none.",
    ),
    "in_progress": ("inboxray_scans_in_progress", "Scans between claim and row."),
    "dispose_pending": (
        "inboxray_disposals_pending",
        "Files with a row that could not be moved to their place yet.",
    ),
    "database_log_bytes": (
        "inboxray_database_log_bytes",
        "Size of SQLite's write-ahead log, which grows while a program reads for long; 0 with a server.",
    ),
    "set_aside": (
        "inboxray_claims_set_aside",
        "Claims that are left alone, because the daemon ended beside them again and again.",
    ),
}
_COUNTERS: Final = {
    "returned": (
        "inboxray_files_returned",
        "Claimed files that were still written to and went back to the inbox.",
    ),
    "evicted": (
        "inboxray_files_evicted",
        "Files in the inbox that gave way to newer ones, because too many wait.",
    ),
    "recorded_again": (
        "inboxray_rows_recorded_again",
        "Rows that the database had lost after it had confirmed them, as in a failover, and has again.",
    ),
    "previews_failed": (
        "inboxray_previews_failed",
        "Scans whose small pictures could not be kept; the page draws them when they are asked for.",
    ),
}


class AtScrape(Collector):
    """Read the daemon's status, its disk and the history of its jobs, as they are now.

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
        self._spool = spool
        self._pulse = pulse
        self._status = status
        self._history = history

    def collect(self) -> Iterator[Metric]:
        """Yield the current values.

        Yields
        ------
        Metric
        """
        status = self._status()
        about = {key: str(status.get(key)) for key in ("version", "model", "engine")}
        yield InfoMetricFamily("inboxray", "What runs.", value=about)
        for key, (name, documentation) in _GAUGES.items():
            value = status.get(key) or 0
            number = len(value) if isinstance(value, list) else value
            yield GaugeMetricFamily(name, documentation, value=float(number))
        for key, (name, documentation) in _COUNTERS.items():
            yield CounterMetricFamily(name, documentation, value=float(status.get(key) or 0))
        paused = GaugeMetricFamily(
            "inboxray_intake_paused", "1 while intake is paused for this reason.", labels=["reason"]
        )
        for reason in _PAUSES:
            paused.add_metric([reason], float(reason in (status.get("pauses") or {})))
        yield paused
        yield from _workers(status.get("cluster") or {})
        pulse = self._pulse.age_s
        yield GaugeMetricFamily(
            "inboxray_loop_last_pass_age_seconds", "Time since the daemon's loop made a pass.", value=pulse
        )
        yield from self._disk()
        yield from self._jobs()

    def _drift(self) -> Iterator[Metric]:
        """Yield what the last comparison found; nothing before the first."""
        found = self._history.entry("drift").result
        index = GaugeMetricFamily(
            "inboxray_drift_index",
            "Population stability index of a measure, the highest of all groups with enough scans.",
            labels=["measure"],
        )
        for measure, value in dict(found.get("index") or {}).items():
            index.add_metric([measure], float(value))
        yield index
        yield GaugeMetricFamily(
            "inboxray_drift_measures_moved",
            "Measures of groups of scans that moved, by the last comparison.",
            value=float(found.get("moved") or 0),
        )

    def _check(self) -> Iterator[Metric]:
        """Yield how the last comparison of rows with files ended; nothing before the first."""
        found = GaugeMetricFamily(
            "inboxray_check_findings",
            "Rows and files that the last nightly comparison found; of sent_again nothing is to be done.",
            labels=["finding"],
        )
        for finding, number in dict(self._history.entry("check").result.get("by") or {}).items():
            found.add_metric([finding], float(number))
        yield found

    def _disk(self) -> Iterator[Metric]:
        try:
            disk = shutil.disk_usage(self._spool)
        except OSError:
            return
        yield GaugeMetricFamily("inboxray_spool_free_bytes", "Free on the spool's disk.", value=disk.free)
        yield GaugeMetricFamily("inboxray_spool_size_bytes", "Size of the spool's disk.", value=disk.total)

    def _jobs(self) -> Iterator[Metric]:
        succeeded = GaugeMetricFamily(
            "inboxray_job_last_success_timestamp_seconds",
            "When a calendar job last succeeded.",
            labels=["job"],
        )
        failed = GaugeMetricFamily(
            "inboxray_job_last_run_failed", "1 if the last run of a calendar job failed.", labels=["job"]
        )
        yield from self._drift()
        yield from self._check()
        for name, entry in self._history.entries().items():
            failed.add_metric([name], float(entry.ended == "failed"))
            if entry.succeeded_at is not None:
                succeeded.add_metric([name], datetime.fromisoformat(entry.succeeded_at).timestamp())
        yield succeeded
        yield failed


def _workers(cluster: Mapping[str, Any]) -> Iterator[Metric]:
    """Yield what workers of a cluster do, by name; nothing where there is none."""
    answered = CounterMetricFamily(
        "inboxray_worker_files", "Files that a worker of the cluster answered.", labels=["worker"]
    )
    for name, files in dict(cluster.get("answered") or {}).items():
        answered.add_metric([name], float(files))
    yield answered
    under_way = GaugeMetricFamily(
        "inboxray_worker_files_under_way", "Files that a worker of the cluster has now.", labels=["worker"]
    )
    threads = GaugeMetricFamily(
        "inboxray_worker_threads",
        "Files that a worker of the cluster decodes at once; 0 while it gets none.",
        labels=["worker"],
    )
    workers = list(cluster.get("workers") or ())
    for name in sorted({one["name"] for one in workers}):  # two of a host without names are one
        own = [one for one in workers if one["name"] == name]
        under_way.add_metric([name], float(sum(one["files"] for one in own)))
        threads.add_metric([name], float(sum(one["threads"] for one in own if not one["refused"])))
    yield under_way
    yield threads
