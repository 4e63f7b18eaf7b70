import os
import threading

import numpy as np
import pytest

from daemon.execution.local import LocalExecutor
from tests.support.pictures import png_bytes
from tests.support.stub import StubClassifier
from tests.support.waiting import wait_until

SCAN = np.full((1, 224, 224), 60_000, np.uint16)


class Slow(StubClassifier):
    """A network that is entered, and left when the test says so."""

    def __init__(self):
        super().__init__()
        self.entered, self.leave = threading.Event(), threading.Event()

    def classify(self, inputs):
        self.entered.set()
        assert self.leave.wait(60)
        return super().classify(inputs)


@pytest.fixture
def local(children):
    """Make executors on real children; their networks are left and closed at the end."""
    made = []

    def make(classifier):
        made.append((LocalExecutor(children, classifier, batch_size=4), classifier))
        return made[-1][0]

    yield make
    for executor, classifier in made:
        if isinstance(classifier, Slow):
            classifier.leave.set()
        executor.close()


def test_a_file_is_decoded_in_a_child(local, tmp_path):
    (tmp_path / "a.png").write_bytes(png_bytes(1))
    decoded = local(StubClassifier()).decode(os.fsencode(tmp_path / "a.png")).result(60)
    assert decoded.inputs.shape == (1, 224, 224)


def test_scans_are_classified_and_timed(local):
    classified = local(StubClassifier()).classify([SCAN, SCAN]).result(60)
    assert [[one.decision.value for one in scan] for scan in classified.predictions] == [["fractured"]] * 2
    assert classified.seconds > 0


def test_a_batch_without_pictures_does_not_wait_for_the_one_in_the_network(local):
    """It stood in line behind it for a lock that it did not need."""
    slow = Slow()
    executor = local(slow)
    under_way = executor.classify([SCAN])
    assert slow.entered.wait(60)
    assert executor.classify([]).result(0).predictions == ()
    assert not under_way.done()


def test_what_the_network_raises_comes_with_its_batch_alone(local):
    class Broken(StubClassifier):
        def classify(self, inputs):
            if not self.seen:
                self.seen.append(0)
                raise ZeroDivisionError
            return super().classify(inputs)

    executor = local(Broken())
    first, second = executor.classify([SCAN]), executor.classify([SCAN])
    with pytest.raises(ZeroDivisionError):
        first.result(60)
    assert len(second.result(60).predictions) == 1


def test_closing_waits_for_the_batch_in_the_network_and_drops_those_behind(local):
    slow = Slow()
    executor = local(slow)
    first, second = executor.classify([SCAN]), executor.classify([SCAN])
    assert slow.entered.wait(60)
    closing = threading.Thread(target=executor.close)
    closing.start()
    wait_until(second.cancelled, what="the second batch to be dropped")
    assert not first.done()
    slow.leave.set()
    closing.join(60)
    assert first.done()
