import gc

import numpy as np
import pytest

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

from daemon.decoding.messages import Decoded
from daemon.execution.dask.executor import DaskExecutor
from daemon.execution.dask.link import ClusterAwayError
from daemon.execution.dask.messages import Answer, Probe
from daemon.execution.dask.plan import Plan
from daemon.execution.local import LocalExecutor
from tests.daemon.execution.dask.test_messages import preparation
from tests.support.stub import StubClassifier
from tests.support.waiting import wait_until

PROBE = Probe(b"/spool", b"", "0" * 64)


def unreachable():
    raise ClusterAwayError("nobody is there")


@pytest.fixture
def lacks():
    return []


@pytest.fixture
def executor(children, lacks):
    plan = Plan("tcp://127.0.0.1:1", unreachable, preparation(), PROBE, dict)
    made = DaskExecutor(LocalExecutor(children, StubClassifier(), batch_size=4), plan, lacks.append)
    yield made
    made.close()


def scan(value):
    return np.full((1, 224, 224), value, np.uint16)


def test_what_a_worker_predicted_is_taken_and_the_rest_classified_here(executor):
    known, unknown = scan(1), scan(2)
    executor._keep(Answer(Decoded(inputs=known), ("predicted there",), 2.0))
    done = executor.classify([unknown, known]).result(60)
    here = executor.classify([scan(2)]).result(60)
    assert done.predictions[1] == ("predicted there",)
    assert done.predictions[0][0].logit == here.predictions[0][0].logit
    assert done.seconds >= 2.0


def test_predictions_live_no_longer_than_their_input(executor):
    """Break it: keep them by the array's address alone. Another scan at that address has them."""
    executor._keep(Answer(Decoded(inputs=scan(1)), ("of a scan that is gone",)))
    gc.collect()
    assert executor._predicted == {}


def test_predictions_that_do_not_fit_are_not_taken(executor):
    known = scan(1)
    executor._keep(Answer(Decoded(inputs=known), ()))
    assert executor._predicted == {}


def test_while_there_is_no_scheduler_files_wait_and_that_is_reported(executor, lacks):
    waiting = executor.decode(b"/scan")
    wait_until(lambda: lacks, timeout_s=20, what="the report")
    assert lacks == ["the scheduler tcp://127.0.0.1:1 cannot be reached (nobody is there)"]
    assert not waiting.done()
    assert executor.described()["lack"] == lacks[0]
    assert executor.workers == 1


def test_at_the_end_files_that_wait_are_cancelled(children):
    plan = Plan("tcp://127.0.0.1:1", unreachable, preparation(), PROBE, dict)
    executor = DaskExecutor(LocalExecutor(children, StubClassifier(), batch_size=4), plan, lambda _: None)
    waiting = executor.decode(b"/scan")
    executor.close()
    assert waiting.cancelled()
