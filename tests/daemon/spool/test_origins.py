import os

import pytest

from daemon.spool.attempts import (
    note_attempt,
)
from daemon.spool.claim import CANARY, Origin
from daemon.spool.claiming import claim_file, find_claims
from daemon.spool.origins import origins_in_claims, origins_in_inbox


def drop(spool, source, data=b"x"):
    path = os.path.join(os.fsencode(spool.inbox), source)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    return source


def requeue_note(spool, source, scan_id, **wrong):
    status = os.stat(os.path.join(os.fsencode(spool.inbox), source))
    numbers = {"size": status.st_size, "mtime_ns": status.st_mtime_ns} | wrong
    note = spool.requeued / str(status.st_ino)
    note.write_text(f"{scan_id} {numbers['size']} {numbers['mtime_ns']}\n")
    return note


def test_a_requeued_file_knows_what_it_was_also_after_a_crash(spool):
    note = requeue_note(spool, drop(spool, b"a"), "former")
    claim = claim_file(spool, b"a")
    note_attempt(claim)
    assert claim.origin.requeued_from == "former"
    assert [claim] == list(find_claims(spool))
    assert not note.exists()


def test_a_requeued_file_knows_what_it_was_after_a_crash_just_behind_its_rename(spool):
    """Else its former prediction would be taken for the new one."""
    note = requeue_note(spool, drop(spool, b"a"), "former")
    text = note.read_text()
    claim = claim_file(spool, b"a")
    claim.note.unlink()
    note.write_text(text)
    assert [claim] == list(find_claims(spool))
    assert not note.exists()
    assert [claim] == list(find_claims(spool))


@pytest.mark.parametrize("wrong", [{"size": 99}, {"mtime_ns": 1}, {"size": "junk"}, {"mtime_ns": ""}])
def test_a_note_about_another_file_or_of_junk_is_not_believed(spool, wrong):
    requeue_note(spool, drop(spool, b"a"), "former", **wrong)
    assert claim_file(spool, b"a").origin.requeued_from is None


def test_a_folder_that_becomes_a_file_while_it_is_listed_costs_no_other_note(spool, monkeypatch):
    """Break it: pass over folders that went, alone. `db check` ends with an error then."""
    for source in (b"gone/a", b"a"):
        requeue_note(spool, drop(spool, source), source.decode().replace("/", "-"))
    listed = os.scandir

    def one_is_a_file_by_now(folder):
        if folder == spool.inbox / "gone":
            (folder / "a").unlink()
            folder.rmdir()
            folder.touch()
        return listed(folder)

    monkeypatch.setattr(os, "scandir", one_is_a_file_by_now)
    assert origins_in_inbox(spool) == {Origin("a")}


def test_notes_of_files_on_their_way_are_found_and_junk_beside_them_is_passed_over(spool):
    inode = os.stat(os.path.join(os.fsencode(spool.inbox), drop(spool, b"deep/b"))).st_ino
    requeue_note(spool, drop(spool, b"a"), "in-inbox")
    requeue_note(spool, b"deep/b", CANARY.text)
    (spool.requeued / "1").write_text("of-no-file 1 1")
    assert origins_in_inbox(spool) == {Origin("in-inbox"), CANARY}
    (spool.requeued / str(inode)).write_text("junk")
    assert origins_in_inbox(spool) == {Origin("in-inbox")}
    claim_file(spool, b"a")
    assert origins_in_inbox(spool) == set()
    assert origins_in_claims(spool) == {Origin("in-inbox")}
