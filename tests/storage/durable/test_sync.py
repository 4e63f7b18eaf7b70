import errno
import os

import pytest

import storage.durable.sync
from storage.durable.sync import sync_all, sync_folder
from tests.support.failing import Doctored


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """A folder of which the disk says EIO; all others are synced."""
    folder = tmp_path / "broken"
    folder.mkdir()

    def fsync(descriptor):
        if os.path.samestat(os.fstat(descriptor), folder.stat()):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        os.fsync(descriptor)

    monkeypatch.setattr(storage.durable.sync, "os", Doctored(fsync=fsync))
    return folder


def test_a_disk_that_refuses_to_sync_is_an_error(broken):
    """Fault 34: nothing may be taken for written."""
    with pytest.raises(OSError, match="Input/output error"):
        sync_all(folders=[os.fsencode(broken)])
    with pytest.raises(OSError, match="Input/output error"):
        sync_folder(broken)


def test_one_that_refuses_among_many_is_an_error_too(tmp_path, broken):
    several = [tmp_path / name for name in "abc"]
    for folder in several:
        folder.mkdir()
    several = [os.fsencode(folder) for folder in several]
    sync_all(folders=several)
    with pytest.raises(OSError, match="Input/output error"):
        sync_all(folders=[*several, os.fsencode(broken), *several])


def test_a_folder_that_no_disk_keeps_is_passed_over_among_others_alone():
    """Fault 60; a folder that is named by itself is one of ours, and must be kept."""
    sync_all(folders=[b"/proc/self/task"])
    with pytest.raises(OSError, match="Invalid argument"):
        sync_folder("/proc/self/task")


def test_what_is_gone_or_no_file_is_passed_over(tmp_path):
    (tmp_path / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "fifo")
    sync_all(files=[os.fsencode(tmp_path / name) for name in ("dangling", "fifo", "gone", "gone/deeper")])
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "gone")
