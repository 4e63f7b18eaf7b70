"""The window over a plan: what is begun, what is counted, and where it would go on."""

import threading
from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from daemon.backfill.answering import Answering
from daemon.backfill.original import Entry
from daemon.backfill.pace import ALL_DAY, Pace
from daemon.backfill.recording import ANSWERED
from daemon.backfill.tally import Tally
from daemon.decoding.messages import Decoded
from daemon.pauses import Pauses

RELEASE = SimpleNamespace(sha256="r")


class Parts:
    """An executor that answers when the test wants, and a recording that takes everything."""

    def __init__(self):
        self.workers, self.release, self.begun, self.is_held = 2, RELEASE, [], False
        self.known, self.batches = set(), []
        self.ledger = SimpleNamespace(find=lambda ids: self.known & set(ids))

    def decode(self, path):
        done = Future()
        self.begun.append((path, done))
        if not self.is_held:
            done.set_result(Decoded())
        return done

    def with_retries(self, call):
        return call()

    def record(self, batch):
        self.batches.append([job.claim for job in batch])
        return [ANSWERED] * len(batch), []


@pytest.fixture
def parts():
    return Parts()


@pytest.fixture
def archive(tmp_path):
    for number in range(40):
        (tmp_path / f"{number:02}").write_bytes(b"x")
    paths = sorted(bytes(path) for path in tmp_path.iterdir())
    return [(Entry(path, path[-2:]), 10 * number) for number, path in enumerate(paths, start=1)]


def answering(parts, tally, **more):
    known = {"at": 0, "rows": 4, "wake": threading.Event(), **more}
    return Answering(parts, parts, parts, Pace(None, ALL_DAY), Pauses(), tally, **known)


def run(made, archive, stop=None, each=lambda: None):
    try:
        return made.run(iter(archive), stop or threading.Event(), each)
    finally:
        made.close()


def test_all_are_answered_and_none_has_more_than_its_window(parts, archive):
    """Break it: begin all. Ten million files are in memory."""
    tally, most = Tally(40, {}, ALL_DAY), []
    made = answering(parts, tally)
    assert run(made, archive, each=lambda: most.append(made.in_progress))
    assert (made.at, tally.ends["answered"], len(parts.begun)) == (400, 40, 40)
    assert max(most) <= 3 * 4 + 2 * 2
    assert max(map(len, parts.batches)) == 4


def test_those_that_have_their_row_and_those_that_are_gone_are_not_begun(parts, archive):
    tally = Tally(40, {}, ALL_DAY)
    run(answering(parts, tally), archive)
    parts.known = {claim.scan_id for batch in parts.batches for claim in batch[:1]}
    parts.begun.clear()
    again = Tally(40, {}, ALL_DAY)
    gone = (Entry(archive[0][0].path + b"-gone", b"gone"), 410)
    run(answering(parts, again), [*archive, gone])
    assert (again.ends["known"], again.ends["gone"]) == (len(parts.known), 1)
    assert len(parts.begun) == 40 - len(parts.known)


def test_it_would_go_on_before_the_first_that_has_no_end(parts, archive):
    """Break it: take the last one's place. After a kill those before it have no row, ever."""
    parts.is_held, stop = True, threading.Event()
    tally = Tally(40, {}, ALL_DAY)
    made = answering(parts, tally)

    def each():
        for _, done in parts.begun[1:]:
            if not done.done():
                done.set_result(Decoded())
        if len(parts.batches) >= 3 and made.in_progress == 1:
            stop.set()

    def first_ends():
        parts.begun[0][1].set_result(Decoded())

    begun_before = threading.Thread(target=first_ends)
    assert not made.run(iter(archive[:13]), stop, each)
    assert (made.at, tally.done) == (0, 0)
    begun_before.start()
    made.finish(20, lambda: None)
    assert (made.at, tally.done) == (130, 13)
    begun_before.join()
    made.close()


def test_nothing_is_begun_while_a_pause_lasts(parts, archive):
    pauses, stop, passes = Pauses(), threading.Event(), []
    pauses.pause("database", "away")
    tally, wake = Tally(40, {}, ALL_DAY), threading.Event()
    made = Answering(parts, parts, parts, Pace(None, ALL_DAY), pauses, tally, at=0, rows=4, wake=wake)

    def each():
        passes.append(1)
        if len(passes) == 2:
            stop.set()

    assert not run(made, archive, stop=stop, each=each)
    assert parts.begun == []
