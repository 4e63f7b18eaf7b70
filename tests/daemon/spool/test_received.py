import os

from daemon.spool.received import KEPT_S, AssociationNote, Received, read_notes, tidy_notes


def test_what_came_together_is_noted_and_whether_more_may_come(tmp_path):
    (tmp_path / ".receiving").mkdir()
    folder, known = tmp_path / ".receiving" / "associations", {}
    note = AssociationNote(folder)
    note.end()
    assert list(read_notes(folder, known)) == []
    note = AssociationNote(folder)
    note.add("1.2.3")
    (first,) = read_notes(folder, known)
    assert (first.sop_instance_uids, first.is_open) == (("1.2.3",), True)
    note.add("1.2.4")
    note.end()
    (second,) = read_notes(folder, known)
    assert (second.sop_instance_uids, second.is_open) == (("1.2.3", "1.2.4"), False)
    assert second.changed_at >= first.changed_at


def test_a_note_that_ends_while_it_is_read_is_not_missed(tmp_path, monkeypatch):
    """Break it: leave out what has another name by now. Nothing was known of its study then."""
    note = AssociationNote(tmp_path)
    note.add("1.2.3")
    listed = os.scandir

    def ends_once_it_is_listed(folder):
        found = list(listed(folder))
        note.end()
        return found

    monkeypatch.setattr(os, "scandir", ends_once_it_is_listed)
    assert [(one.sop_instance_uids, one.is_open) for one in read_notes(tmp_path, {})] == [(("1.2.3",), False)]


def test_what_is_added_within_a_tick_of_the_disk_s_clock_is_read(tmp_path):
    """Break it: go by the time alone. What came last is not known before the association ends."""
    note, known = AssociationNote(tmp_path), {}
    note.add("1.2.3")
    assert [one.sop_instance_uids for one in read_notes(tmp_path, known)] == [("1.2.3",)]
    (path,) = tmp_path.iterdir()
    before = path.stat()
    note.add("1.2.4")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert [one.sop_instance_uids for one in read_notes(tmp_path, known)] == [("1.2.3", "1.2.4")]


def test_a_receiver_that_was_killed_left_no_association_open(tmp_path):
    note = AssociationNote(tmp_path)
    note.add("1.2.3")
    tidy_notes(tmp_path, is_start=True)
    assert [one.is_open for one in read_notes(tmp_path, {})] == [False]
    note.end()  # of the killed one: nothing happens


def test_notes_of_long_ago_go_and_one_that_is_open_stays(tmp_path):
    ended, is_open = AssociationNote(tmp_path), AssociationNote(tmp_path)
    for number, note in enumerate((ended, is_open)):
        note.add(f"1.{number}")
    ended.end()
    later = os.stat(tmp_path).st_mtime + KEPT_S + 60
    known = {"gone": ((1.0, 0), Received((), is_open=False, changed_at=1.0))}
    tidy_notes(tmp_path, now=later)
    assert [one.sop_instance_uids for one in read_notes(tmp_path, known)] == [("1.1",)]


def test_what_cannot_be_written_or_read_costs_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    note = AssociationNote(tmp_path / "file" / "below")
    note.add("1.2.3")
    note.end()
    tidy_notes(tmp_path / "absent")
    assert list(read_notes(tmp_path / "absent", {})) == []
