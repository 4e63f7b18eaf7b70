from dataclasses import replace
from datetime import UTC, datetime

from daemon.backfill.original import Entry, Original, identity
from daemon.spool.file_state import Look

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)

LOOK = Look(1, 2, 1000, 1_600_000_000_123_456_789, 5)
ENTRY = Entry(b"/archive/2020/a.dcm", b"2020/a.dcm")


def test_a_file_has_one_identity_whenever_it_is_met():
    """Break it: draw it. After a kill each file that has its row gets a second one."""
    assert identity(ENTRY, LOOK, "r") == identity(
        ENTRY, replace(LOOK, device=9, inode=9, ctime_ns=9), "other"
    )
    others = {
        identity(replace(ENTRY, path=b"/archive/2020/b.dcm"), LOOK, "r"),
        identity(ENTRY, replace(LOOK, size=1001), "r"),
        identity(ENTRY, replace(LOOK, mtime_ns=LOOK.mtime_ns + 1), "r"),
    }
    assert len(others - {identity(ENTRY, LOOK, "r")}) == 3


def test_it_is_a_uuid_that_begins_with_the_time_of_the_file():
    text = identity(ENTRY, LOOK, "r")
    assert int(text.replace("-", "")[:12], 16) == 1_600_000_000_123
    assert (len(text), text[14], text[19] in "89ab") == (36, "8", True)
    for at in (-5, 1 << 80):  # of a disk without a clock
        assert len(identity(ENTRY, replace(LOOK, mtime_ns=at), "r")) == 36


def test_an_answer_of_another_release_is_replaced_once_by_each():
    again = Entry(b"/spool/done/x", b"x", "0" * 36)
    assert identity(again, LOOK, "r") != identity(again, LOOK, "s")
    assert identity(again, LOOK, "r") == identity(replace(again, path=b"/elsewhere"), LOOK, "r")


def test_it_lies_where_it_lies_and_came_when_it_was_looked_at():
    made = Original.of(ENTRY, LOOK, "r", NOON)
    assert (made.path, made.source, made.received_at) == (ENTRY.path, b"2020/a.dcm", NOON)
    assert made.origin.takes_earlier_answer
    assert Original.of(Entry(b"/x", b"x", "old"), LOOK, "r", NOON).origin.requeued_from == "old"
