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
from daemon.backfill.walk import stands
from daemon.decoding.messages import Decoded
from daemon.errors import InputOutputError
from daemon.pauses import Pauses
from tests.support.rights import without_rights

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
    known = {"at": 0, "rows": 4, "wake": threading.Event(), "on_unreadable": [].append, **more}
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


def test_what_cannot_be_looked_at_is_named_and_not_taken_for_gone(parts, archive, tmp_path):
    """Break it: take each error for a file that is away. Its picture has no answer, and nothing says so."""
    tally, named = Tally(41, {}, ALL_DAY), []
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed" / "1").write_bytes(b"x")
    closed = Entry(bytes(tmp_path / "closed" / "1"), b"closed/1")
    made = answering(parts, tally, on_unreadable=named.append)
    with without_rights(tmp_path / "closed"):
        assert run(made, [*archive, (closed, 410)])
    assert (tally.ends["answered"], tally.ends["unreadable"], tally.ends["gone"]) == (40, 1, 0)
    assert (named, tally.done) == ([closed.path], 41)


def test_of_an_archive_that_is_empty_nothing_is_taken_for_gone(parts, archive, tmp_path):
    """Break it: ask whether the folder is there. So it is where a share is not mounted."""
    (tmp_path / "mount").mkdir()
    absent = [(Entry(bytes(tmp_path / "mount" / name), name.encode()), 10) for name in ("1", "2")]
    tally = Tally(2, {}, ALL_DAY)
    with pytest.raises(InputOutputError, match="is empty"):
        run(answering(parts, tally, is_there=stands(tmp_path / "mount")), absent)
    assert tally.done == 0


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
    known = {"at": 0, "rows": 4, "wake": wake, "on_unreadable": [].append}
    made = Answering(parts, parts, parts, Pace(None, ALL_DAY), pauses, tally, **known)

    def each():
        passes.append(1)
        if len(passes) == 2:
            stop.set()

    assert not run(made, archive, stop=stop, each=each)
    assert parts.begun == []
