from daemon.spool.removals import NOTE_NAME, note_removal, removed_paths


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

    assert [path for path in removed_paths(spool) if path] == [
        "done/2026-11-23/a.dcm",
        "done/2026-11-23/b.dcm",
        "done/2026-11-23/c.dcm",
        "failed/2026-11-24/d.dcm",
    ]


def test_a_line_that_was_cut_short_does_not_spoil_the_next(spool):
    note = day(spool) / NOTE_NAME
    note.write_text("\ndone/2026-11-23/cu")
    note_removal(day(spool), ["done/2026-11-23/whole.dcm"])
    assert "done/2026-11-23/whole.dcm" in set(removed_paths(spool))


def test_the_note_is_private(spool):
    note_removal(day(spool), ["done/2026-11-23/a.dcm"])
    assert (day(spool) / NOTE_NAME).stat().st_mode & 0o077 == 0
