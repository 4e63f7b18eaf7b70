import os
from datetime import UTC, datetime, timedelta

import pytest

from daemon.spool.claiming import (
    MAX_BLAME,
    attempts,
    blame,
    claim_file,
    find_claims,
    may_be_last,
    note_answer,
    note_attempt,
    note_withdrawal,
    release,
    return_to_inbox,
)
from daemon.spool.names import encode_name


def drop(spool, source, data=b"x"):
    path = os.path.join(os.fsencode(spool.inbox), source)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    return source


def names_below(folder):
    return sorted(os.path.join(parent, name) for parent, _, names in os.walk(folder) for name in names)


@pytest.mark.parametrize("source", [b"a.dcm", b"ward/room 1/a.dcm", b"line\nend/\xff%41.dcm", b"x" * 255])
def test_a_claim_is_the_file_moved_with_its_path(spool, source):
    claim = claim_file(spool, drop(spool, source, b"bytes"))
    with open(claim.path, "rb") as file:
        assert file.read() == b"bytes"
    assert not os.path.lexists(os.path.join(os.fsencode(spool.inbox), source))
    assert claim.path == os.path.join(os.fsencode(spool.claimed), claim.scan_id.encode(), source)
    assert os.stat(os.path.dirname(claim.path)).st_mode & 0o777 == 0o700


def test_the_folders_of_the_inbox_are_left_standing(spool):
    claim_file(spool, drop(spool, b"ward/room/a.dcm"))
    assert (spool.inbox / "ward" / "room").is_dir()


def test_ids_follow_the_order_of_claims_and_hold_their_time(spool):
    claims = [claim_file(spool, drop(spool, b"a")) for _ in range(50)]
    assert sorted(claim.scan_id for claim in claims) == [claim.scan_id for claim in claims]
    assert abs(claims[-1].received_at - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_file_that_is_gone_leaves_nothing_behind(spool):
    with pytest.raises(FileNotFoundError):
        claim_file(spool, b"ward/gone.dcm")
    assert list(spool.claimed.iterdir()) == []


def test_a_path_too_long_for_the_claims_folder_leaves_nothing_behind(spool):
    with pytest.raises(OSError, match="File name too long"):
        claim_file(spool, b"/".join([b"d" * 200] * 20) + b"/a.dcm")
    assert list(spool.claimed.iterdir()) == []


def test_attempts_are_counted_across_starts(spool):
    claim = claim_file(spool, drop(spool, b"a"))
    assert attempts(claim) == 0
    note_attempt(claim)
    note_attempt(claim)
    assert attempts(next(find_claims(spool))) == 2


def test_an_attempt_that_a_child_answered_is_little_blame(spool):
    claim = claim_file(spool, drop(spool, b"a"))
    seen = [(blame(claim), may_be_last(claim))]
    for answered in (True, True, False, True, False):
        note_attempt(claim)
        if answered:
            note_answer(claim)
        seen.append((blame(claim), may_be_last(claim)))
    assert seen == [(0, False), (1, False), (2, False), (5, False), (6, True), (9, True)]
    assert blame(claim) == MAX_BLAME


def test_an_orderly_end_is_no_blame(spool):
    claim = claim_file(spool, drop(spool, b"a"))
    for answered in (False, True, False):
        note_attempt(claim)
        if answered:
            note_answer(claim)
        note_withdrawal(claim)
    assert (attempts(claim), blame(claim)) == (3, 0)
    note_attempt(claim)
    assert blame(claim) == 3


def test_a_claim_that_has_gone_gets_no_note(spool):
    claim = claim_file(spool, drop(spool, b"a"))
    note_withdrawal(claim)
    assert not claim.note.exists()


def test_an_answer_that_cannot_be_noted_is_no_error(spool):
    claim = claim_file(spool, drop(spool, b"a"))
    claim.note.mkdir()
    note_answer(claim)


def test_a_restart_finds_the_same_claims_in_their_order(spool):
    claims = [claim_file(spool, drop(spool, source)) for source in (b"b", b"deep/er/a", b"\xff\n")]
    note_attempt(claims[0])
    assert claims == list(find_claims(spool))


def test_empty_claims_lone_notes_and_probes_are_cleared_away(spool):
    kept = claim_file(spool, drop(spool, b"kept"))
    emptied = claim_file(spool, drop(spool, b"ward/gone"))
    note_attempt(emptied)
    os.unlink(emptied.path)
    (spool.claimed / "01935a7c-0000-7000-8000-00000000abcd.note").touch()
    (spool.claimed / ".probe-1").touch()
    assert [kept] == list(find_claims(spool))
    assert [kept.folder] == list(spool.claimed.iterdir())


def test_what_is_no_claim_is_left_alone(spool):
    """A hand in the spool: it is nobody's arrival, must not end the daemon, and is not ours to remove."""
    (spool.claimed / "kept").mkdir()
    strangers = [spool.claimed / name for name in ("a.dcm", "kept/b.dcm", "kept/c.dcm")]
    for path in strangers:
        path.write_bytes(b"bytes")
    assert list(find_claims(spool)) == []
    assert [path.read_bytes() for path in strangers] == [b"bytes"] * 3


def test_a_link_to_a_folder_is_a_claim_like_another(spool, tmp_path):
    """A swap between look and rename may bring one in; it must not stop every later start (fault 13)."""
    (spool.inbox / "swapped").symlink_to(tmp_path)
    claim = claim_file(spool, b"swapped")
    assert [claim] == list(find_claims(spool))


def test_release_removes_folders_and_note_and_may_be_repeated(spool):
    claim = claim_file(spool, drop(spool, b"ward/a"))
    note_attempt(claim)
    os.unlink(claim.path)
    release(claim)
    release(claim)
    assert list(spool.claimed.iterdir()) == []


def test_release_never_removes_a_file(spool):
    claim = claim_file(spool, drop(spool, b"ward/a"))
    with pytest.raises(OSError, match="not empty"):
        release(claim)
    assert os.path.exists(claim.path)


def test_a_returned_file_has_its_place_again(spool):
    claim = claim_file(spool, drop(spool, b"ward/a.dcm", b"bytes"))
    (spool.inbox / "ward").rmdir()
    announced = []
    return_to_inbox(spool, claim, announced.append)
    assert announced == [b"ward/a.dcm"]
    assert (spool.inbox / "ward" / "a.dcm").read_bytes() == b"bytes"
    assert list(spool.claimed.iterdir()) == []


def test_a_returned_file_overwrites_nothing(spool):
    claim = claim_file(spool, drop(spool, b"a.dcm", b"old"))
    drop(spool, b"a.dcm", b"new")
    announced = []
    return_to_inbox(spool, claim, announced.append)
    assert {b"old", b"new"} == {path.read_bytes() for path in spool.inbox.iterdir()}
    assert announced[0] in {os.fsencode(path.name) for path in spool.inbox.iterdir()}
    assert announced[0] != b"a.dcm"


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
    assert claim.requeued_from == "former"
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
    assert claim_file(spool, b"a").requeued_from is None


def test_the_text_of_a_source_gives_its_bytes_back(spool):
    claim = claim_file(spool, drop(spool, b"w\xe9rd/%\n"))
    assert encode_name(claim.source) == "w%E9rd/%25%0A"


def test_a_folder_that_became_a_link_meanwhile_is_not_claimed_through(spool, tmp_path):
    """Fault 13: the look saw a folder; what lies behind the link is not ours to take."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/a.dcm").write_bytes(b"canary")
    (spool.inbox / "ward").symlink_to(tmp_path / "elsewhere")
    for source in (b"ward/a.dcm", b"ward/deeper/a.dcm"):
        with pytest.raises(OSError):
            claim_file(spool, source)
    assert (tmp_path / "elsewhere/a.dcm").read_bytes() == b"canary"
    assert list(spool.claimed.iterdir()) == []
