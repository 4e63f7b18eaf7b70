import errno

import pytest

from daemon.network.sending.failure import PeerFailed, Presence, Verdict
from daemon.network.sending.folder_peer import FolderPeer
from storage.durable.replace import new_file_of
from tests.support.records import scan_id
from tests.support.result_objects import made_object, uid_of


def test_each_object_is_a_whole_file_and_is_confirmed(tmp_path, fill_outbox, answers):
    _, batch = fill_outbox("file:///srv", 1, 2)
    FolderPeer(tmp_path).send(batch, answers)

    for number in (1, 2):
        path = tmp_path / f"{uid_of(scan_id(number))}.dcm"
        assert path.read_bytes() == made_object(scan_id(number)).content
        assert answers.said[number].verdict is Verdict.CONFIRMED
    assert FolderPeer(tmp_path).ask(batch) == dict.fromkeys(batch, Presence.NOT_OFFERED)


def test_a_folder_that_is_not_there_is_not_made(tmp_path, fill_outbox, answers):
    _, batch = fill_outbox("file:///srv", 1)
    with pytest.raises(PeerFailed, match="mount") as failed:
        FolderPeer(tmp_path / "share").send(batch, answers)

    assert failed.value.failure.step == "store"
    assert not (tmp_path / "share").exists()


def test_a_full_disk_costs_no_object_that_was_written_before(tmp_path, fill_outbox, answers, monkeypatch):
    from daemon.network.sending import folder_peer

    _, batch = fill_outbox("file:///srv", 1, 2, 3)
    real, calls = folder_peer.replace_file, []

    def full_at_the_third(*arguments, **more):
        calls.append(arguments)
        if len(calls) == 3:
            raise OSError(errno.ENOSPC, "full")
        real(*arguments, **more)

    monkeypatch.setattr(folder_peer, "replace_file", full_at_the_third)
    with pytest.raises(PeerFailed, match="make room"):
        FolderPeer(tmp_path).send(batch, answers)
    assert sorted(answers.said) == [1, 2]


def test_a_killed_sender_leaves_nothing_behind_for_long(tmp_path, fill_outbox, answers):
    """Break it: give each new file a name by chance. Each kill then leaves one more in the share."""
    _, batch = fill_outbox("file:///srv", 1)
    FolderPeer(tmp_path).send(batch, answers)
    (path,) = tmp_path.glob("*.dcm")
    half = new_file_of(path, "inboxray")
    half.write_bytes(b"half")
    FolderPeer(tmp_path).send(batch, answers)
    assert list(tmp_path.glob(".*.tmp")) == []
