"""Scheduler and worker as programs: how they end, and what a worker does without its scheduler."""

import signal

import pytest

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

import psutil

from daemon.errors import MissingFileError
from daemon.execution.dask.processes import words_of
from model.errors import ReleaseError
from tests.support.clusters import RunningCluster
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


def test_both_end_in_order_and_leave_no_child(tmp_path):
    with RunningCluster(tmp_path) as running:
        worker = running.start_worker()
        children = psutil.Process(worker.pid).children(recursive=True)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(scaled(30)) == 0
        assert psutil.wait_procs(children, timeout=scaled(10))[1] == []
        running.scheduler.send_signal(signal.SIGTERM)
        assert running.scheduler.wait(scaled(30)) == 0


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
