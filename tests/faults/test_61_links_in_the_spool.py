"""Fault 61: a folder that a file came from, or goes to, is replaced by a link while the file is claimed.

Break it: open the folder that a file left by its path; leave `refuse_links` out of `dispose`, or `requeue`.
"""

import errno
import os

import pytest

import storage.durable.sync
from daemon.spool.claiming import claim_file
from daemon.spool.durability import sync_claims
from daemon.spool.folders import Spool, create
from tests.faults.conftest import CALM
from tests.support.daemons import files, inboxray, rows
from tests.support.failing import STEPS, Doctored
from tests.support.mounts import tmpfs
from tests.support.pictures import drop, png_bytes


@pytest.fixture
def spool(tmp_path):
    made = Spool(tmp_path / "spool")
    create(made)
    return made


@pytest.fixture
def elsewhere(tmp_path):
    """A folder of other people, which must stay as it is."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"not ours")
    yield folder
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a.png": b"not ours"}


@pytest.fixture
def synced(monkeypatch):
    """The folders and files that are synced, as device and inode."""
    seen = set()

    def fsync(descriptor):
        status = os.fstat(descriptor)
        seen.add((status.st_dev, status.st_ino))
        os.fsync(descriptor)

    monkeypatch.setattr(storage.durable.sync, "os", Doctored(fsync=fsync))
    return seen


def identity(path):
    status = path.stat()
    return status.st_dev, status.st_ino


def replace_by_link(folder, elsewhere):
    folder.rename(folder.with_name(f".{folder.name}.was"))
    folder.symlink_to(elsewhere)


def claimed(spool, source):
    drop(spool.inbox / source, png_bytes(1))
    return claim_file(spool, source.encode())


@pytest.mark.parametrize("source", ["ward/a.png", "ward/deeper/a.png"])
def test_61_what_is_behind_a_link_is_not_synced(spool, elsewhere, synced, source):
    claim = claimed(spool, source)
    (elsewhere / "deeper").mkdir()
    replace_by_link(spool.inbox / "ward", elsewhere)
    sync_claims(spool, [claim])
    assert not synced & {identity(elsewhere), identity(elsewhere / "deeper")}
    assert {identity(spool.claimed), identity(claim.folder)} <= synced
    (elsewhere / "deeper").rmdir()


def test_61_nor_is_another_disk_in_the_place_of_the_folder(spool, synced):
    claim = claimed(spool, "ward/a.png")
    with tmpfs(spool.inbox / "ward") as other:
        sync_claims(spool, [claim])
        assert identity(other) not in synced


def test_61_the_folder_that_a_file_left_is_synced(spool, synced):
    """Else the test above would pass without any sync."""
    sync_claims(spool, [claimed(spool, "ward/a.png")])
    assert {identity(spool.inbox / "ward")} <= synced


@pytest.mark.parametrize("below", ["", "ward"])
def test_61_no_file_is_moved_through_a_link(spool, elsewhere, zygote, below):
    """Its row stands, the file waits in its claim, and goes on when the folder is back."""
    drop(spool.inbox / "ward/bad.png", b"no picture")
    faults = [(STEPS["the reason is written beside"], "KILL", {})]
    assert zygote.once(spool.root, faults=faults, **CALM) < 0
    (row,) = rows(spool.root)
    folder = spool.failed / row["stored_path"].split("/")[1] / below
    folder.mkdir(parents=True, exist_ok=True)
    replace_by_link(folder, elsewhere)
    drop(spool.inbox / "innocent.png", png_bytes(2))

    assert zygote.once(spool.root, **CALM) == 0
    assert [one["outcome"] for one in rows(spool.root)] == ["failed", "classified"]
    assert [path.name for path in files(spool.claimed)] == ["bad.png", f"{row['scan_id']}.note"]

    folder.unlink()
    assert zygote.once(spool.root, **CALM) == 0
    assert (spool.root / row["stored_path"]).read_bytes() == b"no picture"
    assert files(spool.claimed) == []


def test_61_nothing_is_requeued_through_a_link(spool, elsewhere):
    drop(spool.inbox / "ward/a.png", png_bytes(1))
    assert inboxray(spool.root, "once", **CALM).returncode == 0
    (row,) = rows(spool.root)
    replace_by_link((spool.root / row["stored_path"]).parent, elsewhere)
    end = inboxray(spool.root, "requeue", row["scan_id"])
    assert end.returncode == 73
    assert os.strerror(errno.ELOOP) in end.stderr
    assert "put the folder back" in end.stderr
    assert files(spool.inbox) == []
