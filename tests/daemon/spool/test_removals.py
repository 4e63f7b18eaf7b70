import os
from datetime import UTC, datetime, timedelta

import pytest

from daemon.spool.removals import NOTE_NAME, note_removal, removed_paths

NOW = datetime.now(UTC)


def day(spool, name="2026-11-23"):
    folder = spool.done / name
    folder.mkdir(exist_ok=True)
    return folder


def test_what_was_noted_is_found(spool):
    note_removal(day(spool), ["done/2026-11-23/a.dcm", "done/2026-11-23/b.dcm"])
    note_removal(day(spool), ["done/2026-11-23/c.dcm"])
    failed = spool.failed / "2026-11-24"
    failed.mkdir()
    note_removal(failed, ["failed/2026-11-24/d.dcm"])

    assert [path for path, _ in removed_paths(spool, NOW) if path] == [
        "done/2026-11-23/a.dcm",
        "done/2026-11-23/b.dcm",
        "done/2026-11-23/c.dcm",
        "failed/2026-11-24/d.dcm",
    ]


def test_a_line_that_was_cut_short_does_not_spoil_the_next(spool):
    note = day(spool) / NOTE_NAME
    note.write_text("\ndone/2026-11-23/cu")
    note_removal(day(spool), ["done/2026-11-23/whole.dcm"])
    assert "done/2026-11-23/whole.dcm" in dict(removed_paths(spool, NOW))


def test_the_note_is_private(spool):
    note_removal(day(spool), ["done/2026-11-23/a.dcm"])
    assert (day(spool) / NOTE_NAME).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("age", "ahead", "early"), [(2, 0, False), (1, 0, True), (0, 0, True), (2, 5, True)])
def test_a_note_tells_whether_the_clock_was_right(spool, age, ahead, early):
    """Retention takes nothing of yesterday, and nothing at a time that has not come."""
    name = str((NOW - timedelta(days=age)).date())
    note_removal(day(spool, name), [f"done/{name}/a.dcm"])
    written = (NOW + timedelta(days=ahead)).timestamp()
    os.utime(day(spool, name) / NOTE_NAME, (written, written))
    assert dict(removed_paths(spool, NOW))[f"done/{name}/a.dcm"] is early


def test_a_note_that_holds_other_bytes_is_read_all_the_same(spool):
    (day(spool) / NOTE_NAME).write_bytes(b"\n\xff\ndone/2026-11-23/a.dcm")
    assert "done/2026-11-23/a.dcm" in dict(removed_paths(spool, NOW))
