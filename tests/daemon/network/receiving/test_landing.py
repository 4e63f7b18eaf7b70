"""Files get their place in the inbox by a rename that replaces nothing, whoever sent them."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.errors import CannotCreateError, SpoolInUseError
from daemon.inbox.sweep import Ignore
from daemon.network.receiving import landing as module
from daemon.network.receiving.landing import Landing
from daemon.settings.fields import Settings
from tests.support.descriptors import open_below
from tests.support.receivers import hidden, received

IGNORED = Settings().never_claimed


@pytest.fixture
def landing(spool):
    made = Landing(spool.inbox, IGNORED, [])
    with made.held():
        yield made


def written(landing, content=b"DICM"):
    path, descriptor = landing.begin()
    os.write(descriptor, content)
    os.close(descriptor)
    return path


def test_what_is_hidden_is_never_claimed_whatever_is_ignored(spool, landing):
    path = written(landing)
    below = os.path.relpath(path, os.fsencode(spool.inbox))
    assert Ignore(Settings(ignore=()).never_claimed).any_of(below)


def test_a_file_gets_the_name_of_its_instance_in_the_folder_of_its_sender(spool, landing):
    landing.land(written(landing), "CT1", "1.2.3")
    assert [spool.inbox / "CT1" / "1.2.3.dcm"] == received(spool)
    assert hidden(spool) == []


def test_the_same_instance_again_is_another_file(spool, landing):
    for content in (b"first", b"second"):
        landing.land(written(landing, content), "CT1", "1.2.3")
    first, second = received(spool)
    assert {b"first", b"second"} == {first.read_bytes(), second.read_bytes()}
    assert second.name.startswith("1.2.3~") or first.name.startswith("1.2.3~")


@pytest.mark.parametrize("title", ["../../etc", "a/b", "..", ".", "X.TMP", "lost+found", "~x", "A\\B", "Ä"])
def test_a_hostile_title_stays_in_the_inbox(spool, landing, title):
    landing.land(written(landing), title, "1.2.3")
    (file,) = received(spool)
    assert file.parent.parent == spool.inbox
    assert not Ignore(IGNORED).any_of(os.path.relpath(file, spool.inbox).encode())


@given(st.text(max_size=20))
def test_any_title_gives_one_plain_name(title):
    from pathlib import Path

    folder = Landing(Path("/nowhere"), IGNORED, []).folder_for(title)
    assert folder
    assert b"/" not in folder
    assert folder.isascii()
    assert len(folder) <= 16


def test_a_folder_that_would_be_ignored_gets_another_name(spool):
    landing = Landing(spool.inbox, ("ct*", "AE-CT*"), [])
    assert landing.folder_for("CT1") == b"received"
    assert landing.folder_for("MR1") == b"MR1"


def test_a_marker_lies_beside_the_file_where_the_daemon_waits_for_one(spool):
    landing = Landing(spool.inbox, IGNORED, [".ready", ".ok"])
    with landing.held():
        landing.land(written(landing), "CT1", "1.2.3")
    assert [file.name for file in received(spool)] == ["1.2.3.dcm", "1.2.3.dcm.ready"]


def test_a_link_in_the_inbox_is_not_followed(spool, landing, tmp_path):
    (spool.inbox / "CT1").symlink_to(tmp_path)
    with pytest.raises(OSError):
        landing.land(written(landing), "CT1", "1.2.3")
    assert not list(tmp_path.glob("*.dcm"))


def test_leftovers_go_at_the_start_and_another_receiver_is_refused(spool):
    landing = Landing(spool.inbox, IGNORED, [])
    with landing.held() as removed:
        assert removed == 0
        written(landing)
        with pytest.raises(SpoolInUseError), Landing(spool.inbox, IGNORED, []).held():
            pass
        assert len(hidden(spool)) == 1
    with landing.held() as removed:
        assert removed == 1
    assert hidden(spool) == []


def test_the_hidden_folder_comes_back_when_someone_tidied_it_away(spool, landing):
    for entry in (spool.inbox / ".receiving").iterdir():
        entry.unlink()
    (spool.inbox / ".receiving").rmdir()
    landing.land(written(landing), "CT1", "1.2.3")
    assert len(received(spool)) == 1


def test_a_folder_that_is_tidied_away_at_the_wrong_moment_is_made_again(spool, landing, monkeypatch):
    """Break it: try once. The sender then gets a failure for nothing."""
    tries = []
    really = module.rename_into_inbox

    def rename(*given):
        tries.append(given)
        if len(tries) == 1:
            raise FileNotFoundError
        return really(*given)

    monkeypatch.setattr(module, "rename_into_inbox", rename)
    landing.land(written(landing), "CT1", "1.2.3")
    assert len(received(spool)) == 1


def test_no_inbox_is_said(tmp_path):
    with (
        pytest.raises(CannotCreateError, match="inboxray run"),
        Landing(tmp_path / "spool" / "inbox", IGNORED, []).held(),
    ):
        pass


def test_a_new_folder_is_synced_with_the_inbox_and_an_old_one_alone(spool, landing, monkeypatch):
    """Break it: leave the sync of the inbox out. A loss of power then takes a folder with what is in it."""
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(os.readlink(f"/proc/self/fd/{fd}")), real(fd)))
    for uid in ("1.2.3", "1.2.4"):
        landing.land(written(landing), "CT1", uid)
    inbox = str(spool.inbox)
    assert [f"{inbox}/CT1", inbox, f"{inbox}/CT1"] == synced


def test_a_folder_that_takes_the_place_of_one_that_was_removed_is_synced_too(spool, landing, monkeypatch):
    """Break it: remember inode numbers alone. The next folder gets the same one, and power takes its name."""
    real, synced = os.fsync, []

    def noting(descriptor):
        synced.append(os.fstat(descriptor).st_ino)
        real(descriptor)

    monkeypatch.setattr(module.os, "fsync", noting)
    for number in range(3):
        landing.land(written(landing), "CT1", f"1.2.{number}")
        assert synced.count(spool.inbox.stat().st_ino) == number + 1
        (file,) = received(spool)
        file.unlink()
        file.parent.rmdir()
    landing.land(written(landing), "CT1", "1.2.8")
    landing.land(written(landing), "CT1", "1.2.9")
    assert synced.count(spool.inbox.stat().st_ino) == 4, "and one that stays only once"


def test_no_more_folders_are_held_than_there_is_room_for(spool, landing, monkeypatch):
    monkeypatch.setattr(module, "_MOST_HELD", 2)
    for number in range(6):
        landing.land(written(landing), f"CT{number}", "1.2.3")
    held = [path for path in open_below(spool.inbox) if ".receiving" not in path]
    assert sorted(held) == [f"{spool.inbox}/CT4", f"{spool.inbox}/CT5"]
