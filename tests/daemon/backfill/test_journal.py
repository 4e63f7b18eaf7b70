import pytest

from daemon.backfill.journal import Journal, known_backfills
from daemon.errors import SpoolInUseError
from daemon.spool.folders import Spool
from tests.support.looks import look_until_one_is_refused


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path)


def test_what_is_written_is_read_and_one_process_has_it(spool):
    journal = Journal(spool, "/archive")
    with journal.held():
        journal.write({"source": "/archive", "at": 7})
        assert journal.read() == {"source": "/archive", "at": 7}
        with (
            pytest.raises(SpoolInUseError, match="answers these files already"),
            Journal(spool, "/archive").held(),
        ):
            raise AssertionError
        with Journal(spool, "/other").held():
            assert [one["running"] for one in known_backfills(spool)] == [True]
    assert known_backfills(spool) == [{"source": "/archive", "at": 7, "running": False}]


def test_who_only_looks_keeps_no_backfill_from_starting(spool, monkeypatch):
    """Break it: take the lock once. A `status` at that moment refuses the command, as if another ran."""
    journal = Journal(spool, "/archive")
    journal.folder.mkdir(parents=True)
    look_until_one_is_refused(journal.folder, monkeypatch)
    with journal.held():
        journal.write({"source": "/archive"})
        assert [one["running"] for one in known_backfills(spool)] == [True]


def test_a_journal_that_cannot_be_read_is_none(spool):
    journal = Journal(spool, "/archive")
    with journal.held():
        (journal.folder / "progress.json").write_bytes(b"{")
        assert journal.read() == {}
    assert known_backfills(spool) == []


def test_what_a_killed_one_left_half_written_goes(spool):
    journal = Journal(spool, "/archive")
    with journal.held():
        (journal.folder / "plan-xyz").mkdir()
        (journal.folder / "plan-xyz" / "0").write_bytes(b"x")
        journal.plan.write_bytes(b"whole")
    with journal.held():
        assert [path.name for path in journal.folder.iterdir()] == ["plan"]
    journal.list_unreadable(b"/archive/\xff")
    assert journal.unreadable.read_text().count("\n") == 1
    journal.forget()
    assert list(journal.folder.iterdir()) == []


def test_a_new_beginning_remembers_nothing_although_the_disk_takes_nothing_more(spool):
    """Break it: leave the state of the plan before. Its place is then taken for one in the new plan."""
    journal = Journal(spool, "/archive")
    with journal.held():
        journal.write({"total": 9, "at": 700, "order": "names"})
        journal.forget()
        journal.plan.write_bytes(b"\tnew.png\t/archive/new.png\0")
        assert journal.read() == {}
