import errno
import os
import resource
from contextlib import contextmanager

import pytest

from daemon.decoding.opening import open_picture, open_regular, unexamined, unreadable
from daemon.spool.file_state import look_at
from model.reading.completeness import Completeness


@contextmanager
def no_descriptors():
    former = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, former)


def test_links_folders_fifos_and_nothing_are_not_opened(tmp_path):
    (tmp_path / "file").write_bytes(b"a")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "fifo")
    for name in ("link", "fifo", ".", "nothing"):
        assert open_regular(os.fsencode(tmp_path / name)) is None
    assert unreadable(b"any").error_code == "unreadable"


def test_what_is_opened_can_only_be_read(tmp_path):
    (tmp_path / "file").write_bytes(b"a")
    descriptor = open_regular(os.fsencode(tmp_path / "file"))
    with os.fdopen(descriptor, "rb") as file, pytest.raises(OSError, match="Bad file descriptor"):
        os.write(file.fileno(), b"b")


def test_a_want_of_descriptors_is_no_fault_of_the_file(tmp_path):
    (tmp_path / "file").write_bytes(b"a")
    with no_descriptors(), pytest.raises(OSError, match="Too many") as caught:
        open_regular(os.fsencode(tmp_path / "file"))
    assert caught.value.errno == errno.EMFILE


def test_a_file_that_is_there_and_cannot_be_opened_is_waited_for_and_not_passed_over(tmp_path):
    """Its sender may still let us; else it is claimed, and its row says why."""
    path = os.fsencode(tmp_path / "file")
    (tmp_path / "file").write_bytes(b"a")

    assert (look_at(path), Completeness.INCOMPLETE) == unexamined(path)
    assert unexamined(os.fsencode(tmp_path)) is None
    assert unexamined(os.fsencode(tmp_path / "nothing")) is None


def test_a_picture_is_made_anew_in_a_folder_of_its_own_and_never_through_a_link(tmp_path):
    folder = os.fsencode(tmp_path / "pictures")
    for content in (b"of an earlier try", b"new"):
        with os.fdopen(open_picture(folder, 1), "wb") as file:
            file.write(content)
    assert (tmp_path / "pictures" / "0001.png").read_bytes() == b"new"

    (tmp_path / "pictures" / "0002.png").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        open_picture(folder, 2)
