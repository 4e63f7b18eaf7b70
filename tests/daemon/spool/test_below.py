"""Paths that lead out of a folder by a link; that files of others stay where they are: `test_claiming`."""

import errno
import os

import pytest

from daemon.spool.below import folder_below, leads_through_link, open_folder, refuse_links
from tests.support.descriptors import open_below
from tests.support.mounts import tmpfs


@pytest.fixture
def root(tmp_path):
    """A folder with a/b/ in it, and a link to a folder elsewhere."""
    made = tmp_path / "root"
    (made / "a" / "b").mkdir(parents=True)
    (tmp_path / "elsewhere" / "b").mkdir(parents=True)
    (made / "link").symlink_to(tmp_path / "elsewhere")
    return made


@pytest.mark.parametrize(
    ("path", "leads_out"),
    [
        (b"a/b/x.png", False),
        (b"link/x.png", True),
        (b"link/b/x.png", True),
        (b"link", False),
        (b"x.png", False),
    ],
)
def test_a_link_counts_where_a_folder_was(root, path, leads_out):
    assert leads_through_link(os.fsencode(root), path) == leads_out


def test_a_stored_path_may_have_a_link_as_its_top_only(root, tmp_path):
    (tmp_path / "elsewhere" / "day").symlink_to(tmp_path)

    refuse_links(root, b"link/b/x.png")
    with pytest.raises(OSError, match="symbolic") as refused:
        refuse_links(root, b"link/day/x.png")
    assert refused.value.errno == errno.ELOOP


def test_a_folder_is_opened_through_no_link(root):
    with folder_below(root, b"a/b/x.png") as folder:
        assert os.fstat(folder).st_ino == (root / "a" / "b").stat().st_ino
    with pytest.raises(NotADirectoryError), folder_below(root, b"link/b/x.png"):
        pass


def test_folders_are_made_if_that_is_asked_for_alone(root):
    with pytest.raises(FileNotFoundError), folder_below(root / "new", b"c/x.png"):
        pass
    with folder_below(root / "new", b"c/d/x.png", make=True):
        pass
    assert (root / "new" / "c" / "d").is_dir()
    assert not (root / "new" / "c" / "d" / "x.png").exists()


def test_no_descriptor_is_left_open(root):
    with pytest.raises(NotADirectoryError), folder_below(root, b"link/b/x.png"):
        pass
    os.close(open_folder(root, b"a/b"))

    assert open_below(root.parent) == []


def test_a_folder_to_sync_lies_on_the_file_system_of_its_root(root):
    os.close(open_folder(root, b""))
    with tmpfs(root / "a" / "b"), pytest.raises(FileNotFoundError):
        open_folder(root, b"a/b")
