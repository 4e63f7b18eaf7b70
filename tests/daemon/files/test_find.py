import os
import shutil

import pytest

from daemon.errors import MissingFileError
from daemon.files.find import find_files
from daemon.settings.ignored_names import DEFAULT_IGNORE


def names(*paths, ignore=DEFAULT_IGNORE):
    return [path.rpartition(b"/")[2] for path in find_files([str(path) for path in paths], ignore)]


def test_folders_are_walked_by_name_and_what_is_ignored_there_is_left_out(tmp_path):
    for name in ("b/2.dcm", "b/1.dcm", "a.dcm", "x.part", ".hidden/3.dcm", "c.dcm"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert names(tmp_path) == [b"a.dcm", b"1.dcm", b"2.dcm", b"c.dcm"]


def test_a_file_that_is_named_is_taken_whatever_its_name(tmp_path):
    (tmp_path / ".x.part").touch()
    assert names(tmp_path / ".x.part") == [b".x.part"]


def test_links_and_pipes_in_folders_are_left_out(tmp_path):
    (tmp_path / "a.dcm").touch()
    (tmp_path / "link.dcm").symlink_to("a.dcm")
    (tmp_path / "loop").symlink_to(".")
    os.mkfifo(tmp_path / "pipe.dcm")
    assert names(tmp_path) == [b"a.dcm"]


def test_every_missing_path_is_named_before_the_first_file(tmp_path):
    (tmp_path / "a.dcm").touch()
    with pytest.raises(MissingFileError, match=r"no-1, .*no-2"):
        names(tmp_path / "a.dcm", tmp_path / "no-1", tmp_path / "no-2")


def test_a_folder_that_goes_meanwhile_costs_no_other(tmp_path):
    """A spool's inbox, for example, from which a daemon takes."""
    for name in ("a/1.dcm", "b/2.dcm", "c/3.dcm"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    found = find_files([str(tmp_path)], DEFAULT_IGNORE)
    first = next(found)
    shutil.rmtree(tmp_path / "b")
    assert [os.path.basename(path) for path in (first, *found)] == [b"1.dcm", b"3.dcm"]
