import json

import pytest
from sqlalchemy import text

from daemon.errors import BadDataError, ConfigurationError, DaemonError, InputOutputError
from daemon.network.sending.entries import State, entries, move
from daemon.network.sending.follow import Follower
from daemon.network.sending.wishes import unmade, wish_from_the_beginning, wish_once_more
from daemon.settings.destinations import parse_destination
from storage.ledger import Ledger
from tests.support.at_head import open_at_head
from tests.support.records import MODEL, RUN, classified, failed, scan_id
from tests.support.result_objects import made_object


class NoObjectsError(DaemonError):
    code = "no_objects"


class Book:
    """A ledger, a follower of it, and two destinations."""

    def __init__(self, folder, outbox):
        self.engine = open_at_head(folder / "results.db")
        self.ledger = Ledger(self.engine)
        self.ledger.register_model(MODEL)
        self.run = self.ledger.begin_run(RUN)
        self.outbox = outbox
        self.folders = [outbox.folder(parse_destination(f"file:///srv/{name}")) for name in "ab"]
        self.made, self.errors = [], {}
        self.follower = self.follow(*self.folders)

    def follow(self, *folders, min_free_percent=0.0):
        return Follower(self.outbox, folders, self.make, min_free_percent=min_free_percent)

    def make(self, scan):
        if scan in self.errors:
            raise self.errors[scan]
        self.made.append(int(scan[-12:], 16))
        return [made_object(scan)]

    def record(self, *records):
        self.ledger.record(list(records), self.run)

    def steps(self, follower=None):
        while (follower or self.follower).step(self.engine):
            pass

    def waiting(self, folder):
        return [int(entry.scan_id[-12:], 16) for entry in entries(folder, State.WAITING)]


@pytest.fixture
def book(tmp_path, outbox):
    made = Book(tmp_path, outbox)
    yield made
    made.engine.dispose()


def test_what_is_recorded_from_now_on_is_made_once_for_each_destination(book):
    book.record(classified(1))
    book.follower.begin(book.engine)
    book.record(classified(2), failed(3), classified(4), classified(5, is_canary=True))
    book.steps()

    assert [book.waiting(folder) for folder in book.folders] == [[2, 4], [2, 4]]
    assert book.made == [2, 4]
    book.steps()
    assert book.made == [2, 4]


def test_where_there_was_no_database_all_is_new(book):
    book.follower.begin(None)
    book.record(*map(classified, range(1, 61)))
    book.steps()

    assert book.waiting(book.folders[0]) == list(range(1, 61))


def test_a_destination_that_comes_later_begins_there_and_one_that_was_left_out_goes_on(book):
    first, second = (book.follow(folder) for folder in book.folders)
    first.begin(None)
    book.record(classified(1))
    book.steps(first)
    second.begin(book.engine)
    book.record(classified(2))
    book.follower.begin(book.engine)
    book.steps(second)
    book.steps()

    assert [book.waiting(folder) for folder in book.folders] == [[1, 2], [2]]


def test_killed_between_putting_and_noting_it_puts_nothing_twice(book):
    book.follower.begin(None)
    book.record(classified(1), classified(2))
    cursor = book.folders[0] / "cursor.json"
    before = cursor.read_bytes()
    book.steps()
    move(entries(book.folders[0], State.WAITING)[0], State.CONFIRMED)
    cursor.write_bytes(before)
    book.steps()

    assert book.waiting(book.folders[0]) == [2]


def test_a_row_that_comes_to_be_seen_late_is_sent(book):
    """As on PostgreSQL, where one that writes for long has a lower place than what was seen before."""
    book.follower.begin(None)
    book.record(classified(1), classified(2), classified(3))
    with book.engine.begin() as connection:
        connection.execute(text("DELETE FROM predictions"))
        connection.execute(text("UPDATE scans SET seq = seq + 100 WHERE scan_id = :one"), {"one": scan_id(3)})
    book.steps()
    assert book.waiting(book.folders[0]) == [1, 2, 3]
    book.record(classified(4))
    with book.engine.begin() as connection:
        connection.execute(text("DELETE FROM predictions"))
        connection.execute(text("UPDATE scans SET seq = 50 WHERE scan_id = :one"), {"one": scan_id(4)})
    book.steps()
    assert book.waiting(book.folders[0]) == [1, 2, 3, 4]


def test_what_cannot_be_made_holds_nothing_up_and_is_known(book):
    book.errors = {scan_id(1): ValueError("Nobody^Test"), scan_id(2): BadDataError("its file changed")}
    book.errors[scan_id(3)] = NoObjectsError("a picture of nobody")
    book.follower.begin(None)
    book.record(*map(classified, range(1, 5)))
    book.steps()

    assert book.waiting(book.folders[0]) == [4]
    assert unmade(book.outbox) == {scan_id(1): "ValueError", scan_id(2): "its file changed"}
    book.errors = {}
    wish_once_more(book.outbox, scan_id(1))
    book.steps()
    assert book.waiting(book.folders[0]) == [1, 4]
    assert list(unmade(book.outbox)) == [scan_id(2)]


def test_what_could_not_be_made_is_tried_again_by_itself(book):
    """Break it: leave it to a person. A child that ran out of its time then costs a result for ever."""
    now = [0.0]
    follower = Follower(book.outbox, book.folders, book.make, min_free_percent=0.0, clock=lambda: now[0])
    follower.begin(None)
    book.errors = {scan_id(1): BadDataError("the deadline passed")}
    book.record(classified(1))
    book.steps(follower)
    for later_s in (61.0, 241.0):
        assert not follower.step(book.engine)
        now[0] += later_s
        assert follower.step(book.engine)
    assert list(unmade(book.outbox)) == [scan_id(1)]
    book.errors = {}
    again = Follower(book.outbox, book.folders, book.make, min_free_percent=0.0, clock=lambda: now[0])
    assert not again.step(book.engine)
    now[0] += 61.0
    assert again.step(book.engine), "a restart tries, too"
    assert (book.waiting(book.folders[0]), unmade(book.outbox)) == ([1], {})


def test_an_error_that_passes_is_no_fault_of_the_scan(book):
    class AwayError(DaemonError):
        retriable = True

    for error in (AwayError("away"), ConfigurationError("no extra")):
        book.errors = {scan_id(1): error}
        if not (book.folders[0] / "cursor.json").exists():
            book.follower.begin(None)
            book.record(classified(1))
        with pytest.raises(type(error)):
            book.follower.step(book.engine)
    book.errors = {}
    book.steps()
    assert book.waiting(book.folders[0]) == [1]


def test_all_of_a_destination_is_sent_when_it_is_wished(book):
    book.record(classified(1))
    book.follower.begin(book.engine)
    wish_from_the_beginning(book.folders[1])
    book.steps()

    assert [book.waiting(folder) for folder in book.folders] == [[], [1]]


def test_below_the_watermark_nothing_is_made_and_nothing_is_skipped(book):
    full = book.follow(*book.folders, min_free_percent=100.0)
    full.begin(None)
    book.record(classified(1))
    with pytest.raises(InputOutputError, match="outbox_min_free_percent"):
        full.step(book.engine)
    assert book.made == []
    book.steps()
    assert book.waiting(book.folders[0]) == [1]


def test_another_database_is_not_sent_unasked(book):
    book.follower.begin(None)
    book.record(classified(1))
    book.steps()
    cursor = book.folders[0] / "cursor.json"
    noted = json.loads(cursor.read_text())
    cursor.write_text(json.dumps(noted | {"scan_id": scan_id(9)}))
    with pytest.raises(BadDataError, match="another database"):
        book.follower.step(book.engine)
    cursor.write_text("half")
    with pytest.raises(BadDataError, match=r"remove it"):
        book.follower.step(book.engine)
    wish_from_the_beginning(book.folders[0])
    book.steps()
    assert book.waiting(book.folders[0]) == [1]
