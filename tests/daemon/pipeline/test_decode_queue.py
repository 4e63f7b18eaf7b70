"""Which files children get, and what is noted before; the whole way with rows: `test_pipeline`."""

import shutil
from concurrent.futures import Future

import pytest

from daemon.decoding.messages import Decoded
from daemon.pauses import Pauses
from daemon.pipeline.decode_queue import DecodeQueue
from daemon.pipeline.in_flight import InFlight
from daemon.spool.attempts import attempts, blame, note_attempt
from daemon.spool.claiming import claim_file
from daemon.states import State
from tests.support.pictures import png_bytes


class Children:
    """Children that answer when the test says so."""

    workers, slow = 1, 0

    def __init__(self):
        self.asked = {}

    def hold(self, *, is_held):
        pass

    def decode(self, path):
        return self.asked.setdefault(path, Future())


class Queue:
    """A queue with what stands around it."""

    def __init__(self, spool):
        self.spool, self.children, self.woken = spool, Children(), []
        self.pauses = Pauses(lambda: None)
        self.in_flight = InFlight(self.children, batch_size=4, most_frames=10)
        self.queue = DecodeQueue(self.in_flight, self.children, self.pauses, lambda: self.woken.append(True))

    def claim(self, name, tried=0, *, is_untried=False):
        (self.spool.inbox / name).write_bytes(png_bytes(1))
        claim = claim_file(self.spool, name.encode())
        for _ in range(tried):
            note_attempt(claim)
        self.in_flight.move(claim, State.CLAIMED, is_untried=is_untried)
        return claim

    def answer(self, claim):
        self.children.asked[claim.path].set_result(Decoded.refused("failed", "unreadable"))


@pytest.fixture
def at(spool):
    return Queue(spool)


def test_an_attempt_is_noted_before_a_child_has_the_file_and_its_answer_after(at):
    claim = at.claim("a.png", tried=1)
    at.queue.start()

    assert attempts(claim) == 2
    before = blame(claim)
    assert list(at.queue.take()) == []
    at.answer(claim)
    assert at.woken == [True]
    (job,) = at.queue.take()
    assert (job.claim, job.attempts, job.decoded.error_code) == (claim, 2, "unreadable")
    assert blame(claim) < before


def test_a_child_has_a_few_files_before_it_and_the_others_wait(at):
    claims = [at.claim(f"{n}.png", is_untried=True) for n in range(6)]
    at.queue.start()

    assert list(at.children.asked) == [claim.path for claim in claims[:4]]
    assert at.in_flight.files.count(State.CLAIMED) == 2


def test_the_file_that_two_daemons_ended_with_is_alone(at):
    suspect, other = at.claim("suspect.png", tried=2), at.claim("other.png", is_untried=True)
    at.queue.start()
    at.queue.start()
    assert list(at.children.asked) == [suspect.path]

    at.answer(suspect)
    list(at.queue.take())
    at.in_flight.move(suspect, State.DECODED)
    at.queue.start()
    assert list(at.children.asked) == [suspect.path]  # it has no row yet
    for state in (State.IN_BATCH, State.RECORDED):
        at.in_flight.move(suspect, state)
    at.queue.start()
    assert list(at.children.asked) == [suspect.path, other.path]


def test_a_suspect_waits_until_no_other_is_noted(at):
    other, suspect = at.claim("other.png", is_untried=True), at.claim("suspect.png", tried=2)
    at.queue.start()

    assert list(at.children.asked) == [other.path]
    assert attempts(suspect) == 2


def test_what_cannot_be_noted_pauses_the_disk_and_waits(at):
    claim = at.claim("a.png", is_untried=True)
    shutil.rmtree(at.spool.claimed)
    at.queue.start()

    assert at.pauses.has("disk")
    assert at.children.asked == {}
    assert at.in_flight.files.state(claim.scan_id) is State.CLAIMED


def test_a_cancelled_file_is_no_answer(at):
    claim = at.claim("a.png", is_untried=True)
    at.queue.start()
    at.children.asked[claim.path].cancel()

    assert list(at.queue.take()) == []
    assert at.woken == []
