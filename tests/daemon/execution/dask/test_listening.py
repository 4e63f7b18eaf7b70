import pytest

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

from daemon.execution.dask import listening
from daemon.execution.dask.link import ClusterAwayError
from daemon.execution.dask.listening import Listening


class Scheduler:
    """What links of a scheduler see."""

    def __init__(self):
        self.words, self.is_up, self.links = {}, True, 0

    def __call__(self, _address, _security):
        if not self.is_up:
            raise ClusterAwayError("refused")
        self.links += 1
        return self

    def left(self, _key):
        if not self.is_up:
            raise ClusterAwayError("it does not answer")
        return self.words

    def close(self):
        self.links -= 1


def test_it_asks_again_once_the_scheduler_is_back_and_leaves_no_link_behind(monkeypatch):
    """Break it: take a scheduler that is away for one without files. Each worker then ends."""
    scheduler = Scheduler()
    monkeypatch.setattr(listening, "Link", scheduler)
    listener = Listening("tcp://127.0.0.1:1", None)
    scheduler.words = {"a": (5, 1)}
    assert listener.files() == 5
    scheduler.is_up = False
    assert [listener.files() for _ in range(3)] == [None] * 3
    scheduler.is_up, scheduler.words = True, {"a": (6, 2)}
    assert (listener.files(), scheduler.links) == (6, 1)
