"""What the executor of a cluster costs beyond the local one, with work that is a sleep of known length.

Two cores cannot show more of many workers: what is measured is the way to them and back, not their work.
The same answers, as large as a radiograph's, come in turn from children of this machine and from workers;
what the daemon's process uses for each is compared.

    python -m tests.measure.cluster_rate [SECONDS_A_FILE] [COUNT...]
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
from daemon.decoding.pool import DecoderPool
from daemon.execution.dask.executor import DaskExecutor
from daemon.execution.dask.link import Link
from daemon.execution.dask.messages import Answer, Facts, Preparation, Probe, versions
from daemon.execution.dask.plan import Plan
from daemon.execution.local import LocalExecutor
from daemon.spool.file_state import Look, look_at
from model.header import Header
from model.reading.limits import Limits
from tests.support.ports import free_port
from tests.support.stub import StubClassifier

COUNTS = (1, 2, 4, 8, 16)
FILES_A_WORKER = 60
LIMITS = ChildLimits(30, 1, 1 << 30, 1 << 30, Limits(), preview_frames=1)
PICTURE = b"\xff\xd8\xff" + bytes(80_000) + b"\xff\xd9"
THUMBNAIL = b"\xff\xd8\xff" + bytes(8_000) + b"\xff\xd9"
SECONDS = "INBOXRAY_MEASURE_S"


def answered(look):
    """Give what a radiograph's child returns, by its size."""
    return Decoded(
        look=look,
        sha256="0" * 64,
        header=Header(format="dicom"),
        inputs=np.ones((1, 224, 224), np.uint16),
        previews=(FramePreview(PICTURE, THUMBNAIL),),
    )


def sleeping_decode(descriptor, _limits):
    """Be the work of a child of this machine."""
    time.sleep(float(os.environ[SECONDS]))
    return answered(Look.of(os.fstat(descriptor)))


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
        return Answer(answered(look_at(request.path)), (None,))


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


def used(processes):
    return [sum(psutil.Process(one).cpu_times()[:2]) for one in processes]


def send(executor, scan, total, processes):
    """Have a file answered so often; give files a second, and processor ms a file of each process."""
    before, began = used(processes), time.monotonic()
    for done in [executor.decode(bytes(scan)) for _ in range(total)]:
        done.result(120)
    took = time.monotonic() - began
    return total / took, [
        (after - one) / total * 1000 for one, after in zip(before, used(processes), strict=True)
    ]


def measure_local(scan):
    """Send files through a child a core of this machine, which find their work by its name."""
    from tests.measure.cluster_rate import sleeping_decode as named

    children = os.cpu_count()
    with DecoderPool(children, LIMITS, decode=named, is_confined=False) as pool:
        executor = LocalExecutor(pool, StubClassifier(), batch_size=16)
        send(executor, scan, 2 * children, [os.getpid()])  # they start
        return send(executor, scan, FILES_A_WORKER * children, [os.getpid()])


def measure(count, seconds, scan):
    """Send files through so many workers; the daemon's process, the scheduler's and the workers'."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    scheduler = spawn(serve_scheduler, port)
    time.sleep(2)
    workers = spawn(serve_workers, port, count, seconds)
    preparation = Preparation(LIMITS, 1000, "0" * 64, "litert", 16)
    plan = Plan(address, partial(Link, address, None), preparation, Probe(bytes(scan), b"x", "0" * 64), dict)
    pool = SimpleNamespace(workers=1, slow=0, decode=None)
    executor = DaskExecutor(LocalExecutor(pool, StubClassifier(), batch_size=16), plan, lambda _: None)
    try:
        while executor.workers < count or executor.described()["lack"]:
            time.sleep(0.1)
        send(executor, scan, 2 * count, [os.getpid()])
        return send(executor, scan, FILES_A_WORKER * count, [os.getpid(), scheduler.pid, workers.pid])
    finally:
        executor.close()
        workers.kill()
        scheduler.kill()


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 0.2
    counts = [int(word) for word in sys.argv[2:]] or COUNTS
    os.environ[SECONDS] = str(seconds)
    say(f"{seconds} s a file; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    say("workers  files/s  of linear  processor ms a file: daemon, scheduler, workers; local, beyond it")
    with tempfile.TemporaryDirectory() as folder:
        scan = Path(folder) / "scan"
        scan.write_bytes(b"x")
        for count in counts:
            rate, each = measure(count, seconds, scan)
            _, (local,) = measure_local(scan)
            shares = ", ".join(f"{one:.2f}" for one in each)
            here = f"{local:.2f}, {each[0] - local:+.2f}"
            say(f"{count:7}  {rate:7.1f}  {rate * seconds / count:9.3f}  {shares}; {here}")


if __name__ == "__main__":
    main()
