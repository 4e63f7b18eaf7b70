import gc
import os
import socket
import threading

import psutil
import pytest

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

from daemon.execution.dask.link import ClusterAwayError, Link, WorkerAwayError, WorkerFailedError
from daemon.execution.dask.messages import Probe, Question, Request
from daemon.execution.dask.security import security_for
from tests.support.clusters import RunningCluster
from tests.support.ports import free_port
from tests.support.release import shipped_release
from tests.support.waiting import wait_until

pytestmark = pytest.mark.xdist_group("cluster")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with RunningCluster(tmp_path_factory.mktemp("cluster")) as running:
        running.worker = running.start_worker()
        yield running


@pytest.fixture(scope="module")
def link(cluster):
    made = Link(cluster.address, security(cluster, "daemon"))
    yield made
    made.close()


def security(cluster, machine):
    named = cluster.settings(machine)
    return security_for(
        cluster.address, named["dask_ca_file"], named["dask_certificate_file"], named["dask_key_file"]
    )


def test_a_worker_is_known_with_its_threads_and_answers(link, tmp_path):
    ((worker, threads),) = link.threads().items()
    assert threads == 1
    (tmp_path / "probe").write_bytes(b"x")
    probe = Probe(os.fsencode(tmp_path / "probe"), b"x", shipped_release().sha256)
    facts = link.ask(worker, Question.FACTS, probe, within_s=60).result(60)
    assert (facts.sees_spool, facts.has_release) == (True, True)


def test_what_goes_wrong_there_has_its_name_here(link):
    (worker,) = link.threads()
    error = link.ask(worker, Question.ANSWER, Request("0", None), b"", within_s=60).exception(60)
    assert isinstance(error, WorkerFailedError)
    assert error.name == "NotPreparedError"


def test_only_what_is_a_question_is_asked_there(link):
    """Break it: take any name. A certificate would call whatever a station has."""
    (worker,) = link.threads()
    error = link.ask(worker, "close", within_s=60).exception(60)
    assert isinstance(error, WorkerFailedError)
    assert error.name == "ValueError"


def test_who_is_not_there_is_away(link):
    error = link.ask(f"tls://127.0.0.1:{free_port()}", Question.FACTS, None, within_s=1).exception(60)
    assert isinstance(error, WorkerAwayError)


def test_the_scheduler_is_no_worker(link, cluster):
    error = link.ask(cluster.address, Question.FACTS, None, within_s=5).exception(60)
    assert isinstance(error, (WorkerFailedError, WorkerAwayError))


def test_a_certificate_of_another_authority_is_refused(cluster, tmp_path):
    """Break it: ask for no certificate. Whoever reaches the scheduler has code run on each worker."""
    from daemon.execution.dask.certificates import make_certificates

    make_certificates(tmp_path, ["stranger"], 1)
    files = (tmp_path / "ca.pem", tmp_path / "stranger.pem", tmp_path / "stranger-key.pem")
    with pytest.raises(ClusterAwayError, match="certificate"):
        Link(cluster.address, security_for(cluster.address, *files))


def test_without_a_certificate_no_one_is_let_in(cluster):
    with pytest.raises(ClusterAwayError):
        Link(cluster.address.replace("tls", "tcp"), None)


def test_no_scheduler_is_said_at_once():
    with pytest.raises(ClusterAwayError, match="refused"):
        Link(f"tcp://127.0.0.1:{free_port()}", None)


def held():
    """Count descriptors and threads; those of a connection go a moment after its end."""
    return psutil.Process().num_fds(), threading.active_count()


def test_a_try_to_connect_leaves_nothing():
    """Break it: let Dask make its loop. Each try costs a thread and three descriptors, an hour a daemon."""
    before = None
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for _ in range(4):
            with pytest.raises(ClusterAwayError):
                Link(f"tcp://127.0.0.1:{silent.getsockname()[1]}", None, connect_s=0.1)
            before = before or held()  # the first try opens what Dask keeps for all
            wait_until(lambda before=before: held() <= before, what="what was opened to close")


def test_a_link_that_was_closed_leaves_nothing(cluster):
    before = None
    for _ in range(3):
        made = Link(cluster.address, security(cluster, "daemon"))
        assert made.threads()
        made.close()
        gc.collect()
        before = before or held()
        wait_until(lambda before=before: held() <= before, what="what was opened to close")


def test_what_is_left_with_the_scheduler_is_told(link, cluster):
    link.leave("wanted", "site-a", (7, 1))
    listening = Link(cluster.address, security(cluster, "daemon"))
    try:
        wait_until(lambda: listening.left("wanted"), timeout_s=20, what="the word")
        assert {name: tuple(said) for name, said in listening.left("wanted").items()} == {"site-a": (7, 1)}
        assert listening.left("never") is None
    finally:
        listening.close()


def test_the_end_of_the_scheduler_is_seen(tmp_path):
    (tmp_path / "c").mkdir()
    with RunningCluster(tmp_path / "c") as running:
        link = Link(running.address, security(running, "daemon"))
        try:
            assert link.is_up
            running.scheduler.kill()
            wait_until(lambda: not link.is_up, timeout_s=20, what="the end of the scheduler")
            with pytest.raises(ClusterAwayError):
                link.threads()
        finally:
            link.close()
