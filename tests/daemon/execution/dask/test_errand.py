import os

import pytest

from daemon.execution.dask.errand import read_whole
from daemon.spool.file_state import look_at


@pytest.fixture
def path(tmp_path):
    (tmp_path / "scan.png").write_bytes(b"0123456789")
    return os.fsencode(tmp_path / "scan.png")


def test_a_file_comes_with_the_look_of_its_bytes(path):
    assert read_whole(path, 10) == (b"0123456789", look_at(path))


def test_a_larger_one_is_not_read(path):
    assert read_whole(path, 9) is None


def test_what_is_no_regular_file_is_left_to_a_child(path, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    os.symlink(path, tmp_path / "link")
    for name in ("pipe", "link", "none", "."):
        assert read_whole(os.fsencode(tmp_path / name), 10) is None
