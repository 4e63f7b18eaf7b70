"""What the executor of a cluster costs, with workers whose work is a sleep of known length.

Two cores cannot show more of many workers: what is measured is the way to them and back, not their work.

    python -m tests.measure.cluster_rate [SECONDS_A_FILE]
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil

from daemon.decoding.limits import ChildLimits
from daemon.decoding.messages import Decoded, FramePreview
from daemon.execution.dask.executor import DaskExecutor
from daemon.execution.dask.link import Link
from daemon.execution.dask.messages import Answer, Facts, Preparation, Probe, versions
from daemon.execution.dask.plan import Plan
from daemon.execution.local import LocalExecutor
from daemon.spool.file_state import look_at
from model.reading.limits import Limits
from tests.support.browser import free_port
from tests.support.stub import StubClassifier

COUNTS = (1, 2, 4, 8, 16)
FILES_A_WORKER = 60


class StandIn:
    """A station whose work is to sleep; what it returns has the size of a radiograph's answer."""

    def __init__(self, seconds):
        self.seconds = seconds

    def facts(self, probe):
        return Facts("here", os.getpid(), versions(), sees_spool=True, has_release=True)

    def prepare(self, preparation, files):
        """Be ready."""

    def answer(self, request, content=None):
        time.sleep(self.seconds)
        inputs = np.zeros((1, 224, 224), np.uint16)
        previews = (FramePreview(bytes(80_000), bytes(8_000)),)
        return Answer(
            Decoded(look=look_at(request.path), sha256="0" * 64, inputs=inputs, previews=previews), (None,)
        )


def serve_scheduler(port):
    from daemon.execution.dask.processes import run_scheduler

    run_scheduler("127.0.0.1", port, None, None, lambda _: None)


def serve_workers(port, count, seconds):
    """Be so many workers in one process: they sleep."""
    from daemon.execution.dask.processes import AnsweringWorker

    async def serve():
        made = [
            AnsweringWorker(
                f"tcp://127.0.0.1:{port}",
                station=StandIn(seconds),
                nthreads=1,
                memory_limit=0,
                local_directory=tempfile.mkdtemp(),
                dashboard_address="127.0.0.1:0",
            )
            for _ in range(count)
        ]
        await asyncio.gather(*made)
        await asyncio.gather(*(one.finished() for one in made))

    asyncio.run(serve())


def spawn(function, *arguments):
    words = f"from tests.measure import cluster_rate as m; m.{function.__name__}(*{arguments!r})"
    return psutil.Popen([sys.executable, "-c", words], stderr=subprocess.DEVNULL)


def measure(count, seconds, folder):
    """Send files through so many workers; give files a second, and processor ms a file here and there."""
    port = free_port()
    scheduler = spawn(serve_scheduler, port)
    time.sleep(2)
    workers = spawn(serve_workers, port, count, seconds)
    scan = folder / "scan"
    scan.write_bytes(b"x")
    preparation = Preparation(ChildLimits(30, 1, 1 << 30, 1 << 30, Limits()), 1000, "0" * 64, "litert", 16)
    plan = Plan(
        f"tcp://127.0.0.1:{port}",
        partial(Link, f"tcp://127.0.0.1:{port}", None),
        preparation,
        Probe(bytes(scan), b"x", "0" * 64),
        dict,
    )
    pool = SimpleNamespace(workers=1, slow=0, decode=None)
    executor = DaskExecutor(LocalExecutor(pool, StubClassifier(), batch_size=16), plan, lambda _: None)
    try:
        while executor.workers < count or executor.described()["lack"]:
            time.sleep(0.1)
        used = [sum(psutil.Process(one).cpu_times()[:2]) for one in (os.getpid(), scheduler.pid, workers.pid)]
        began, total = time.monotonic(), FILES_A_WORKER * count
        for done in [executor.decode(bytes(scan)) for _ in range(total)]:
            done.result(120)
        took = time.monotonic() - began
        each = [
            (sum(psutil.Process(one).cpu_times()[:2]) - before) / total * 1000
            for one, before in zip((os.getpid(), scheduler.pid, workers.pid), used, strict=True)
        ]
        return total / took, each
    finally:
        executor.close()
        workers.kill()
        scheduler.kill()


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 0.2
    say(f"{seconds} s a file; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    say("workers  files/s  of linear  processor ms a file: daemon, scheduler, worker")
    with tempfile.TemporaryDirectory() as folder:
        for count in COUNTS:
            rate, each = measure(count, seconds, Path(folder))
            shares = ", ".join(f"{one:.2f}" for one in each)
            say(f"{count:7}  {rate:7.1f}  {rate * seconds / count:9.3f}  {shares}")


if __name__ == "__main__":
    main()
