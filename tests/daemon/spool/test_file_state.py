import os
import socket

import pytest

from daemon.spool.file_state import look_at


def test_only_regular_files_are_looked_at(tmp_path):
    file, link, fifo, sock = (tmp_path / name for name in ("file", "link", "fifo", "sock"))
    file.write_bytes(b"abc")
    link.symlink_to(file)
    os.mkfifo(fifo)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(sock))
        assert look_at(os.fsencode(file)).size == 3
        assert [look_at(os.fsencode(path)) for path in (link, fifo, sock, tmp_path)] == [None] * 4
    with pytest.raises(FileNotFoundError):
        look_at(os.fsencode(tmp_path / "nothing"))


def test_a_rename_is_no_change_of_content_and_a_write_is(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    before = look_at(os.fsencode(path))
    moved = look_at(os.fsencode(path.rename(tmp_path / "b")))
    assert before.same_content(moved)
    (tmp_path / "b").write_bytes(b"abcd")
    assert not before.same_content(look_at(os.fsencode(tmp_path / "b")))
    os.utime(tmp_path / "b", ns=(1, 1))
    assert not before.same_content(look_at(os.fsencode(tmp_path / "b")))
