"""What is asked about a batch: one question, and the network for what no row knows."""

from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from daemon.decoding.messages import Decoded
from daemon.pauses import Pauses
from daemon.pipeline.answers import Rules
from daemon.pipeline.ask import Asker
from daemon.pipeline.identifiers import Identifiers
from daemon.pipeline.in_flight import Job
from daemon.pipeline.ledger_writer import Recorder
from daemon.spool.claim import Claim
from model.header import Header
from model.reading.network_input import pipeline_version
from storage.ledger import Ledger
from tests.support.records import RUN, classified, digest, scan_id
from tests.support.stub import model_record, stub_release


class Network:
    """An executor that notes what it is given and is through with nothing."""

    def __init__(self):
        self.seen = []

    def classify(self, scans):
        self.seen.append(len(scans))
        return Future()


class Counting(Ledger):
    """A ledger that notes what it is asked."""

    def __init__(self, engine):
        super().__init__(engine)
        self.asked = []

    def ask(self, question):
        self.asked.append(question)
        return super().ask(question)


@pytest.fixture
def counting(ledger):
    return Counting(ledger._engine)


@pytest.fixture
def network():
    return Network()


@pytest.fixture
def ask(spool, counting, network):
    counting.register_model(model_record(stub_release()))
    rules = Rules(stub_release(), Identifiers("keep"))
    return Asker(spool, network, Recorder(counting, Pauses(), None), rules).ask


def job(number, *, sha256=None, uid=None, failed=None):
    inputs = None if failed else np.zeros((1, 224, 224), np.uint16)
    decoded = Decoded(
        "failed" if failed else None, failed, None, sha256, Header("dicom", sop_instance_uid=uid), inputs
    )
    return Job(Claim(scan_id(number), Path("claimed"), b"%d.dcm" % number), decoded)


def test_a_batch_asks_the_ledger_once_with_everything(ask, counting):
    jobs = [
        job(1, sha256=digest(1), uid="1.1"),
        job(2, sha256=digest(2), failed="truncated", uid="1.2"),
        job(3, failed="unreadable", uid="1.3"),
    ]
    before = datetime.now(UTC).date()
    asked = ask(jobs)
    assert before <= asked.day <= datetime.now(UTC).date()
    (question,) = counting.asked
    assert question.sha256s == {digest(1)}  # only a scan with pictures can be answered by another's
    assert question.sop_instance_uids == {"1.1"}  # and only its answer can contradict another's
    assert question.stored_paths == {
        f"{folder}/{asked.day}/{number}.dcm" for folder in ("done", "failed") for number in (1, 2, 3)
    }


def test_the_network_sees_what_no_row_knows(ask, counting, network):
    run_id = counting.begin_run(RUN)
    ours = {"model_sha256": stub_release().sha256, "pipeline_version": pipeline_version(())}
    counting.record([classified(1, **ours)], run_id)
    asked = ask([job(2, sha256=digest(1)), job(3, sha256=digest(3)), job(4, failed="truncated")])
    assert asked.fresh == (scan_id(3),)
    assert asked.known.earlier[digest(1)].scan_id == scan_id(1)
    assert network.seen == [1]


def test_nobody_waits_for_the_network(ask, network):
    assert not ask([job(1, sha256=digest(1))]).classified.done()
