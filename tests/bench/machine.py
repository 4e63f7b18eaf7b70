"""What processes and their children use of the machine: processor time, and memory without counting twice."""

import os
import platform
import threading
from contextlib import suppress
from pathlib import Path

import psutil

_EVERY_S = 0.5  # adding up the pages takes time of the processors that are measured


def describe():
    """Describe the machine in words that name no host."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory_gib = psutil.virtual_memory().total / 2**30
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory_gib, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_at_start": round(os.getloadavg()[0], 2),
    }


def _with_children(processes):
    """Yield processes and all below them; one that has ended is passed over: what waits for it says so."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            yield from (process, *process.children(recursive=True))


def processor_s(*processes, others=()):
    """Give the processor seconds of processes and of all below them, ended ones included, but `others`."""
    total = 0.0
    for one in _with_children(processes):
        with suppress(psutil.NoSuchProcess):
            if one.pid in others:
                continue
            total += sum(one.cpu_times()[:4])
    return total


def memory_mb(*processes):
    """Give the sum of PSS of processes and of all below them, in MB: shared pages are counted once."""
    total = 0
    for one in _with_children(processes):
        with suppress(OSError, StopIteration, psutil.NoSuchProcess):
            lines = Path(f"/proc/{one.pid}/smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total * 1024 / 1e6


class Memory(threading.Thread):
    """Keep the highest sum of PSS that processes and their children had.

    Parameters
    ----------
    processes : psutil.Process
    """

    def __init__(self, *processes):
        super().__init__(daemon=True)
        self._processes = processes
        self._ended = threading.Event()
        self.peak_mb = 0.0

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self.join()

    def run(self):
        """Look until the block ends."""
        while True:
            self.peak_mb = max(self.peak_mb, memory_mb(*self._processes))
            if self._ended.wait(_EVERY_S):
                return
