"""The thread that knows the workers, without a network: what it does when things come and go."""

import pytest

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

from concurrent.futures import Future

from daemon.decoding.messages import Decoded
from daemon.execution.dask.cluster import Cluster
from daemon.execution.dask.errand import Errand
from daemon.execution.dask.link import ClusterAwayError
from daemon.execution.dask.messages import Answer, Probe, Question
from daemon.execution.dask.plan import Plan
from tests.daemon.execution.dask.test_messages import preparation
from tests.daemon.execution.dask.test_roster import FACTS
from tests.support.waiting import wait_until


class Network:
    """What links of a scheduler see; each question is answered at once, unless it is held."""

    def __init__(self):
        self.workers, self.is_up, self.links, self.held = {"a": 1}, True, 0, False
        self.told = []

    def connect(self):
        if not self.is_up:
            raise ClusterAwayError("refused")
        self.links += 1
        return self

    def threads(self):
        if not self.is_up:
            raise ClusterAwayError("it does not answer")
        return dict(self.workers)

    def ask(self, worker, question, *arguments, within_s):
        done = Future()
        answers = {
            Question.FACTS: FACTS,
            Question.PREPARE: None,
            Question.ANSWER: Answer(Decoded(sha256=worker)),
        }
        if question is not Question.ANSWER or not self.held:
            done.set_result(answers[question])
        return done

    def leave(self, key, name, value):
        self.told.append((key, value))

    def close(self):
        """Leave."""


@pytest.fixture
def network():
    return Network()


@pytest.fixture
def lacks():
    return []


@pytest.fixture
def cluster(network, lacks):
    plan = Plan("tcp://127.0.0.1:1", network.connect, preparation(), Probe(b"/spool", b"", "0" * 64), dict)
    made = Cluster(plan, lambda answer: answer.decoded, None, lacks.append)
    yield made
    made.close()


def sent(cluster):
    errand = Errand(b"/nowhere")
    cluster.send(errand)
    return errand.answer


def test_a_file_is_answered(cluster):
    assert sent(cluster).result(30).sha256 == "a"
    assert cluster.threads == 1
    (worker,) = cluster.described()["workers"]
    assert (worker["worker"], worker["refused"], worker["sees_spool"]) == ("a", None, True)


def test_the_scheduler_learns_how_many_files_there_are(cluster, network):
    network.held = True
    answers = [sent(cluster) for _ in range(3)]
    wait_until(lambda: network.told and network.told[-1][1][0] == 3, timeout_s=20, what="the word")
    assert not any(one.done() for one in answers)
    told = list(network.told)  # it is told more and more
    assert [value[1] for _, value in told] == list(range(1, len(told) + 1))


def files_under_way(cluster):
    return sum(one["files"] for one in cluster.described()["workers"])


def test_a_file_of_a_worker_that_leaves_goes_to_another(cluster, network):
    sent(cluster).result(30)
    network.held = True
    answer = sent(cluster)
    wait_until(lambda: files_under_way(cluster) == 1, timeout_s=20, what="the file's way")
    network.held, network.workers = False, {"b": 1}
    assert answer.result(30).sha256 == "b"


def test_files_outlive_the_scheduler(cluster, network, lacks):
    """Break it: wait for what was asked by way of the old one. It is never answered."""
    sent(cluster).result(30)
    network.held = True
    answer = sent(cluster)
    wait_until(lambda: files_under_way(cluster) == 1, timeout_s=20, what="the file's way")
    network.is_up = False
    wait_until(lambda: lacks, timeout_s=20, what="the report")
    assert "cannot be reached" in lacks[0]
    network.held, network.is_up = False, True
    assert answer.result(30).sha256 == "a"
    wait_until(lambda: lacks[1:] == [None], timeout_s=20, what="the end of the lack")
    assert network.links == 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_after_a_fault_of_its_own_no_file_waits_for_ever(cluster, network):
    """Break it: only put files into the queue. Nothing takes them out any more."""

    def broken():
        raise ZeroDivisionError

    sent(cluster).result(30)
    network.threads = broken
    wait_until(
        lambda: isinstance(sent(cluster).exception(30), ZeroDivisionError), timeout_s=20, what="the fault"
    )
    assert isinstance(sent(cluster).exception(30), ZeroDivisionError)


def test_at_the_end_files_are_cancelled(cluster, network):
    network.held = True
    answer = sent(cluster)
    cluster.close()
    assert answer.cancelled()
    assert sent(cluster).cancelled()  # of a file that comes too late
