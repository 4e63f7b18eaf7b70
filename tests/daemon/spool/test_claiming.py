import os

import pytest

from daemon.spool.attempts import (
    note_attempt,
)
from daemon.spool.claiming import claim_file, find_claims, remove_claim, return_to_inbox


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


def test_a_file_that_is_gone_leaves_nothing_behind(spool):
    with pytest.raises(FileNotFoundError):
        claim_file(spool, b"ward/gone.dcm")
    assert list(spool.claimed.iterdir()) == []


def test_a_path_too_long_for_the_claims_folder_leaves_nothing_behind(spool):
    with pytest.raises(OSError, match="File name too long"):
        claim_file(spool, b"/".join([b"d" * 200] * 20) + b"/a.dcm")
    assert list(spool.claimed.iterdir()) == []


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
    remove_claim(claim)
    remove_claim(claim)
    assert list(spool.claimed.iterdir()) == []


def test_release_never_removes_a_file(spool):
    claim = claim_file(spool, drop(spool, b"ward/a"))
    with pytest.raises(OSError, match="not empty"):
        remove_claim(claim)
    assert os.path.exists(claim.path)


def test_a_returned_file_has_its_place_again(spool):
    claim = claim_file(spool, drop(spool, b"ward/a.dcm", b"bytes"))
    (spool.inbox / "ward").rmdir()
    assert return_to_inbox(spool, claim) == b"ward/a.dcm"
    assert (spool.inbox / "ward" / "a.dcm").read_bytes() == b"bytes"
    assert list(spool.claimed.iterdir()) == []


def test_a_returned_file_overwrites_nothing(spool):
    claim = claim_file(spool, drop(spool, b"a.dcm", b"old"))
    drop(spool, b"a.dcm", b"new")
    given = return_to_inbox(spool, claim)
    assert {b"old", b"new"} == {path.read_bytes() for path in spool.inbox.iterdir()}
    assert given in {os.fsencode(path.name) for path in spool.inbox.iterdir()}
    assert given != b"a.dcm"


def test_a_returned_file_whose_claim_cannot_be_removed_is_back_all_the_same(spool):
    """Read again as a claim it would be a file that is not there; the next start removes what is empty."""
    claim = claim_file(spool, drop(spool, b"a.dcm", b"bytes"))
    claim.note.mkdir()
    assert return_to_inbox(spool, claim) == b"a.dcm"
    assert (spool.inbox / "a.dcm").read_bytes() == b"bytes"
    claim.note.rmdir()
    assert list(find_claims(spool)) == []
    assert list(spool.claimed.iterdir()) == []


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
