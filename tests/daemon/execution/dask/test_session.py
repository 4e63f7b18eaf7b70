from concurrent.futures import Future

import pytest

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

from daemon.execution.dask.messages import Question
from daemon.execution.dask.session import Session


class Link:
    def __init__(self):
        self.given, self.is_closed = Future(), False

    def ask(self, *_, within_s):
        return self.given

    def close(self):
        self.is_closed = True


def test_an_answer_is_taken_in_the_thread_that_owns_the_state():
    events, taken, link = [], [], Link()
    asked = Session(link, events.append).ask(taken.append, "a", Question.FACTS, within_s=1)
    link.given.set_result(7)
    assert taken == []
    events.pop()()
    assert taken == [asked]


def test_after_its_end_no_answer_is_taken():
    """Break it: take it. An answer of before the scheduler's end would be taken for one of a new try."""
    events, taken, link = [], [], Link()
    session = Session(link, events.append)
    session.ask(taken.append, "a", Question.FACTS, within_s=1)
    session.close()
    link.given.set_result(7)
    events.pop()()
    assert (taken, link.is_closed) == ([], True)
