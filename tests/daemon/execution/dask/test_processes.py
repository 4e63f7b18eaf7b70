"""Scheduler and worker as programs: how they end, and what a worker does without its scheduler."""

import asyncio
import signal
import socket
import threading

import pytest

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

import psutil
from distributed import Scheduler, rpc
from distributed.protocol import to_serialize

from daemon.errors import MissingFileError
from daemon.execution.dask.messages import QUESTION, LeavingError, words_of
from daemon.execution.dask.processes import AnsweringWorker
from model.errors import ReleaseError
from tests.support.clusters import RunningCluster
from tests.support.daemons import inboxray
from tests.support.deadlines import scaled
from tests.support.waiting import wait_until

pytestmark = pytest.mark.xdist_group("cluster")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(2, "No such file", "/spool/claimed/1/DOE^JANE.dcm"), "ENOENT"),
        (ValueError("DOE^JANE"), ""),
        (KeyError("1970-01-01"), ""),
        (MissingFileError("start it again"), "start it again"),
        (ReleaseError("fetch the release again"), "fetch the release again"),
    ],
)
def test_what_a_worker_reports_holds_nothing_of_a_patient(error, words):
    """Break it: send the message of each error. A file's name then stands in the log of each daemon."""
    assert words_of(error) == words


class Slow:
    """A station whose answer waits for the test."""

    def __init__(self):
        self.has_begun, self.may_end = threading.Event(), threading.Event()

    def answer(self, number):
        self.has_begun.set()
        self.may_end.wait(scaled(30))
        return number

    def facts(self):
        return "told"


def test_a_worker_that_is_to_end_finishes_what_it_has_and_begins_nothing_more(tmp_path):
    """Break it: end at once. Each file that it has counts a death, and a restart sends them all alone."""
    station = Slow()

    async def scenario():
        quiet = {"dashboard_address": "127.0.0.1:0"}
        async with (
            Scheduler(host="127.0.0.1", port=0, dashboard=False, **quiet) as scheduler,
            AnsweringWorker(
                scheduler.address,
                station=station,
                host="127.0.0.1",
                nthreads=1,
                memory_limit=0,
                local_directory=str(tmp_path),
                **quiet,
            ) as worker,
            rpc(worker.address) as peer,
        ):

            def ask(name, *arguments):
                question = getattr(peer, QUESTION)(name=name, arguments=to_serialize(arguments))
                return asyncio.ensure_future(question)

            begun = ask("answer", 7)
            assert await asyncio.to_thread(station.has_begun.wait, scaled(30))
            waiting = ask("answer", 8)
            assert (await ask("facts"))["answer"] == "told"  # which waits for no file
            finished = asyncio.ensure_future(worker.finish(scaled(30)))
            await asyncio.sleep(0)
            station.may_end.set()
            await finished
            assert (await begun)["answer"] == 7
            assert (await waiting)["failure"] == LeavingError.__name__

    asyncio.run(scenario())


def test_both_end_in_order_and_leave_no_child(tmp_path):
    with RunningCluster(tmp_path) as running:
        worker = running.start_worker()
        children = psutil.Process(worker.pid).children(recursive=True)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(scaled(30)) == 0
        assert psutil.wait_procs(children, timeout=scaled(10))[1] == []
        running.scheduler.send_signal(signal.SIGTERM)
        assert running.scheduler.wait(scaled(30)) == 0


def test_a_scheduler_whose_address_is_taken_says_so(tmp_path):
    """Break it: let Dask's error through. It is a traceback of two pages."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        refused = inboxray(tmp_path, "cluster", "scheduler", "--listen", listen)
    assert (refused.returncode, "in use" in refused.stderr, "Traceback" in refused.stderr) == (
        78,
        True,
        False,
    )


def test_they_listen_on_loopback_alone(tmp_path):
    """Break it: leave Dask's own pages as they are. They listen on every address, and show file names."""
    with RunningCluster(tmp_path) as running:
        for process in (running.scheduler, running.start_worker()):
            listening = [
                one
                for one in psutil.Process(process.pid).net_connections()
                if one.status == psutil.CONN_LISTEN
            ]
            assert {one.laddr.ip for one in listening} == {"127.0.0.1"}


def test_a_worker_without_its_scheduler_connects_again(tmp_path):
    with RunningCluster(tmp_path) as running:
        worker = running.start_worker()
        log = tmp_path / "worker-1.log"
        running.scheduler.kill()
        running.scheduler.wait(scaled(20))
        running.start_scheduler()
        wait_until(lambda: log.read_text().count("knows it") == 2, timeout_s=60, what="the worker's return")
        worker.send_signal(signal.SIGINT)
        assert worker.wait(scaled(30)) == 0
