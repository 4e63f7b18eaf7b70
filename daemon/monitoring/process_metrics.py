"""What the daemon's own process uses, by the names that every Prometheus client gives it.

prometheus-client's collector wants /proc/stat for the time of the boot and gives nothing at all without it. A
unit with `ProcSubset=pid` hides that file; /proc/self is there, and the clocks give the rest.

References
----------
https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics
proc(5), clock_gettime(2), systemd.exec(5) ProcSubset.
"""

import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

# Fields of /proc/self/stat, counted from the one behind the name of the program, which may hold spaces.
_USER_TICKS: Final = 11
_SYSTEM_TICKS: Final = 12
_STARTED_TICKS: Final = 19
_VIRTUAL_BYTES: Final = 20
_RESIDENT_PAGES: Final = 21


class ProcessMetrics(Collector):
    """Measure this process; its decoding children are not in it.

    Parameters
    ----------
    process : Path
        What the kernel shows of it.
    """

    def __init__(self, process: Path = Path("/proc/self")) -> None:
        self._process = process
        self._ticks_a_second = os.sysconf("SC_CLK_TCK")

    def collect(self) -> Iterator[Metric]:
        """Yield what is true now; nothing where the kernel shows no processes.

        Yields
        ------
        Metric
        """
        try:
            stat = (self._process / "stat").read_bytes()
            open_files = len(os.listdir(self._process / "fd"))
        except OSError:
            return
        fields = stat.rpartition(b")")[2].split()
        yield GaugeMetricFamily(
            "process_virtual_memory_bytes",
            "Virtual memory size in bytes.",
            value=float(fields[_VIRTUAL_BYTES]),
        )
        yield GaugeMetricFamily(
            "process_resident_memory_bytes",
            "Resident memory size in bytes.",
            value=float(fields[_RESIDENT_PAGES]) * resource.getpagesize(),
        )
        yield GaugeMetricFamily(
            "process_start_time_seconds",
            "Start time of the process since unix epoch in seconds.",
            value=self._started_at(float(fields[_STARTED_TICKS]) / self._ticks_a_second),
        )
        ticks = float(fields[_USER_TICKS]) + float(fields[_SYSTEM_TICKS])
        yield CounterMetricFamily(
            "process_cpu_seconds",
            "Total user and system CPU time spent in seconds.",
            value=ticks / self._ticks_a_second,
        )
        yield GaugeMetricFamily("process_open_fds", "Number of open file descriptors.", value=open_files)
        yield GaugeMetricFamily(
            "process_max_fds",
            "Maximum number of open file descriptors.",
            value=float(resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
        )

    @staticmethod
    def _started_at(since_boot_s: float) -> float:
        """Return the time of the start in seconds since 1970, by today's wall clock, as /proc/stat has it."""
        return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + since_boot_s
