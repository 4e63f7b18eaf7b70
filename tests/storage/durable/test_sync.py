import os

import pytest

from storage.durable.sync import sync_all, sync_folder


def test_a_disk_that_refuses_to_sync_is_an_error():
    """Fault 34: the kernel's own tables cannot be synced; nothing may be taken for written."""
    with pytest.raises(OSError, match="Invalid argument"):
        sync_all(folders=[b"/proc/self/task"])
    with pytest.raises(OSError, match="Invalid argument"):
        sync_folder("/proc/self/task")


def test_one_that_refuses_among_many_is_an_error_too(tmp_path):
    several = [tmp_path / name for name in "abc"]
    for folder in several:
        folder.mkdir()
    several = [os.fsencode(folder) for folder in several]
    sync_all(folders=several)
    with pytest.raises(OSError, match="Invalid argument"):
        sync_all(folders=[*several, b"/proc/self/task", *several])


def test_what_is_gone_or_no_file_is_passed_over(tmp_path):
    (tmp_path / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "fifo")
    sync_all(files=[os.fsencode(tmp_path / name) for name in ("dangling", "fifo", "gone", "gone/deeper")])
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "gone")
