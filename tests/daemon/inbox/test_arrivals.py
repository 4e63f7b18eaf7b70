"""In which order files of an inbox are named, and when that rests; what becomes of them: `test_intake`."""

import os

import pytest

from daemon.inbox.arrivals import Arrivals
from daemon.inbox.events import Hint, Sign
from daemon.inbox.sweep import Ignore, WalkCounts
from daemon.spool.file_state import look_at


class Queue:
    """What looks at the files that are named; full at so many."""

    def __init__(self, inbox, most):
        self.inbox, self.most, self.seen = inbox, most, []

    def look(self, source, sign):
        self.seen.append((source, sign))
        return look_at(os.path.join(os.fsencode(self.inbox), source))

    def is_full(self):
        return len(self.seen) >= self.most


@pytest.fixture
def inbox(tmp_path):
    (tmp_path / "ward").mkdir()
    for name in ("a.png", "b.png", "ward/c.png", "ward/d.part"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


@pytest.fixture
def queue(inbox):
    return Queue(inbox, 100)


def arrivals_of(queue, most_hints=10):
    ignore = Ignore(("*.part",))
    return Arrivals(queue.inbox, ignore, queue.look, queue.is_full, most_hints=most_hints)


def hint(inbox, name, sign=Sign.CLOSED, *, is_folder=False):
    return Hint(os.fsencode(inbox / name), is_folder, sign)


def test_hints_are_looked_at_in_their_order_with_what_they_say(inbox, queue):
    arrivals = arrivals_of(queue)
    arrivals.take_hints([hint(inbox, "b.png"), hint(inbox, "a.png", Sign.NONE), hint(inbox, "ward/d.part")])

    assert arrivals.advance() is None
    assert queue.seen == [(b"b.png", Sign.CLOSED), (b"a.png", Sign.NONE)]
    assert arrivals.are_none


def test_a_folder_that_was_renamed_here_names_its_files_as_renamed(inbox, queue):
    arrivals = arrivals_of(queue)
    arrivals.take_hints([hint(inbox, "ward", Sign.RENAMED, is_folder=True)])
    arrivals.advance()

    assert queue.seen == [(b"ward/c.png", Sign.RENAMED)]


def test_a_link_to_a_folder_leads_nowhere(inbox, queue, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "secret.png").touch()
    (inbox / "link").symlink_to(elsewhere)
    arrivals = arrivals_of(queue)
    arrivals.take_hints([hint(inbox, "link", Sign.RENAMED, is_folder=True)])
    arrivals.advance()

    assert queue.seen == []


def test_a_sweep_counts_what_it_met(inbox, queue):
    os.mkfifo(inbox / "fifo")
    arrivals = arrivals_of(queue)
    arrivals.begin_sweep()
    counts = arrivals.advance()

    assert sorted(queue.seen) == [(name, Sign.NONE) for name in (b"a.png", b"b.png", b"ward/c.png")]
    assert isinstance(counts, WalkCounts)
    assert (counts.waiting, counts.ignored, counts.unclaimable) == (3, 2, 0)
    assert counts.oldest_wall_ns == min(
        (inbox / name).stat().st_ctime_ns for name in ("a.png", "b.png", "ward/c.png")
    )


def test_while_there_is_no_room_everything_rests_and_then_goes_on(inbox):
    queue = Queue(inbox, 1)
    arrivals = arrivals_of(queue)
    arrivals.take_hints([hint(inbox, "a.png"), hint(inbox, "b.png")])
    arrivals.begin_sweep()

    assert arrivals.advance() is None
    assert len(queue.seen) == 1
    assert not arrivals.are_none
    queue.most = 100
    assert arrivals.advance().waiting == 3
    assert len(queue.seen) == 2 + 3


def test_room_for_hints_is_bounded(inbox, queue):
    arrivals = arrivals_of(queue, most_hints=2)
    arrivals.take_hints([hint(inbox, "a.png")])
    assert arrivals.room_for_hints == 1
    arrivals.take_hints([hint(inbox, "b.png")] * 5)
    assert arrivals.room_for_hints == 0
