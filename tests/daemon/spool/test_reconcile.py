import hashlib

import pytest

from daemon.spool.claiming import claim_file
from daemon.spool.reconcile import Difference, compare
from daemon.spool.requeue import Answered, requeue

DAY = "done/2026-11-23"


@pytest.fixture
def spool(spool):
    """A spool with the folders of one day."""
    (spool.done / "2026-11-23").mkdir()
    (spool.failed / "2026-11-23").mkdir()
    return spool


def row(scan_id, path, data=b""):
    return {"scan_id": scan_id, "stored_path": path, "sha256": hashlib.sha256(data).hexdigest()}


def never(_):
    return False


def test_a_file_that_waits_to_be_put_away_is_not_missing(spool):
    (spool.claimed / "id-1").mkdir()
    (spool.claimed / "id-1" / "a.dcm").touch()
    assert list(compare(spool, [row("id-1", f"{DAY}/a.dcm")], never)) == []


def test_an_original_of_an_archive_is_not_ours_to_miss(spool):
    """Break it: look for it. A share that is away one night is ten million findings."""
    assert list(compare(spool, [row("id-1", "/archive/a.dcm")], never, deep=True)) == []


def test_a_file_whose_answer_was_replaced_where_it_lies_has_two_rows(spool):
    (spool.done / "2026-11-23" / "a.dcm").touch()
    rows = [row("id-1", f"{DAY}/a.dcm"), row("id-2", f"{DAY}/a.dcm")]
    assert list(compare(spool, rows, lambda scan_id: scan_id == "id-1")) == []


def test_a_file_that_is_on_its_way_back_is_not_missing(spool):
    (spool.done / "2026-11-23" / "a.dcm").touch()
    source = requeue(spool, Answered("id-1", "a.dcm", f"{DAY}/a.dcm"))
    rows = [row("id-1", f"{DAY}/a.dcm")]
    assert list(compare(spool, rows, never)) == []  # in the inbox
    claim_file(spool, source)
    assert list(compare(spool, rows, never)) == []  # claimed


def test_a_file_that_was_requeued_and_then_lost_is_missing(spool):
    (spool.done / "2026-11-23" / "a.dcm").touch()
    source = requeue(spool, Answered("id-1", "a.dcm", f"{DAY}/a.dcm"))
    (spool.inbox / source.decode()).unlink()
    (found,) = compare(spool, [row("id-1", f"{DAY}/a.dcm")], never)
    assert found.finding == "missing_file"


def test_a_file_that_became_another_arrival_is_not_missing(spool):
    assert list(compare(spool, [row("id-1", f"{DAY}/a.dcm")], lambda scan_id: scan_id == "id-1")) == []


def test_a_missing_file_is_found(spool):
    found = list(compare(spool, [row("id-1", f"{DAY}/a.dcm")], never))
    assert [Difference("missing_file", "id-1", f"{DAY}/a.dcm")] == found


def test_a_file_moved_after_the_folders_were_listed_is_no_difference(spool):
    def rows():
        (spool.done / "2026-11-23" / "a.dcm").touch()
        yield row("id-1", f"{DAY}/a.dcm")

    assert list(compare(spool, rows(), never)) == []


def test_a_file_that_moves_between_two_looks_is_not_missing(spool):
    """Break it: look for it once; a daemon at work moves files from claimed/ to done/ meanwhile."""

    def was_requeued(_):
        (spool.done / "2026-11-23" / "a.dcm").touch()
        return False

    assert list(compare(spool, [row("id-1", f"{DAY}/a.dcm")], was_requeued)) == []


def test_a_file_that_is_requeued_between_two_looks_is_no_orphan(spool):
    (spool.done / "2026-11-23" / "a.dcm").touch()

    def rows():
        requeue(spool, Answered("id-1", "a.dcm", f"{DAY}/a.dcm"))
        yield from ()

    assert list(compare(spool, rows(), never)) == []


def test_reasons_are_no_orphans_and_names_of_any_bytes_are_matched(spool):
    (spool.failed / "2026-11-23" / "a.dcm.reason.json").touch()
    (spool.failed / "2026-11-23" / "100%\udcff.dcm").touch()
    (spool.failed / "2026-11-23" / "b.dcm").touch()
    rows = [row("id-1", "failed/2026-11-23/100%25%FF.dcm")]
    assert [Difference("orphan_file", None, "failed/2026-11-23/b.dcm")] == list(compare(spool, rows, never))


def test_bytes_are_compared_only_when_asked(spool):
    (spool.done / "2026-11-23" / "a.dcm").write_bytes(b"changed")
    rows = [row("id-1", f"{DAY}/a.dcm", b"recorded")]
    assert list(compare(spool, rows, never)) == []
    assert [Difference("changed_file", "id-1", f"{DAY}/a.dcm")] == list(
        compare(spool, rows, never, deep=True)
    )


def test_a_row_without_a_hash_has_nothing_to_compare(spool):
    (spool.done / "2026-11-23" / "a.dcm").touch()
    rows = [row("id-1", f"{DAY}/a.dcm") | {"sha256": None}]
    assert list(compare(spool, rows, never, deep=True)) == []


def test_a_lost_file_whose_bytes_came_again_is_settled_by_the_later_scan(spool):
    (spool.done / "2026-11-23" / "b.dcm").touch()
    (spool.done / "2026-11-23" / "c.dcm").touch()
    rows = [
        row("id-1", f"{DAY}/a.dcm", b"same"),
        row("id-2", "failed/2026-11-23/a.dcm", b"same"),
        row("id-3", f"{DAY}/b.dcm", b"same"),
        row("id-4", f"{DAY}/c.dcm", b"same"),
    ]
    assert list(compare(spool, rows, never)) == [
        Difference("sent_again", "id-1", f"{DAY}/a.dcm", "id-3"),
        Difference("sent_again", "id-2", "failed/2026-11-23/a.dcm", "id-3"),
    ]


@pytest.mark.parametrize(
    ("later", "deep"),
    [
        (row("id-2", f"{DAY}/b.dcm", b"other"), False),
        (row("id-2", f"{DAY}/lost.dcm", b"same"), False),
        (row("id-2", f"{DAY}/b.dcm", b"same"), True),
    ],
    ids=["other bytes", "lost too", "changed since"],
)
def test_it_is_missing_as_long_as_no_later_file_has_its_bytes(spool, later, deep):
    (spool.done / "2026-11-23" / "b.dcm").write_bytes(b"changed")
    found = list(compare(spool, [row("id-1", f"{DAY}/a.dcm", b"same"), later], never, deep=deep))
    assert Difference("missing_file", "id-1", f"{DAY}/a.dcm") in found
    assert not any(one.is_settled for one in found)


def test_files_without_a_hash_are_not_taken_for_the_same(spool):
    (spool.done / "2026-11-23" / "b.dcm").touch()
    rows = [row(f"id-{name}", f"{DAY}/{name}.dcm") | {"sha256": None} for name in "ab"]
    assert list(compare(spool, rows, never)) == [Difference("missing_file", "id-a", f"{DAY}/a.dcm")]


def test_an_earlier_file_of_the_same_bytes_settles_nothing(spool):
    (spool.done / "2026-11-23" / "a.dcm").touch()
    rows = [row("id-1", f"{DAY}/a.dcm", b"same"), row("id-2", f"{DAY}/b.dcm", b"same")]
    assert list(compare(spool, rows, never)) == [Difference("missing_file", "id-2", f"{DAY}/b.dcm")]
