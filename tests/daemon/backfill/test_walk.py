import os

import pytest

from daemon.backfill.walk import Met, Walk
from daemon.inbox.sweep import MAX_DEPTH, Ignore
from tests.support.rights import without_rights

IGNORE = Ignore((".*", "*.tmp"))


@pytest.fixture
def met():
    return Met()


def walked(root, met, *, unreadable=None, skip=None):
    found = Walk(root, IGNORE, met, ([] if unreadable is None else unreadable).append, skip or root / "none")
    return sorted(os.path.relpath(file.path, os.fsencode(root)) for file in found.files())


def test_regular_files_alone_are_met_and_links_lead_nowhere(tmp_path, met):
    """Break it: follow links. What lies outside is answered, and a circle never ends."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name in ("1", "a/2", "a/b/3", "a/.hidden", "a/x.tmp"):
        (tmp_path / name).write_bytes(b"xy")
    (tmp_path / "link").symlink_to("1")
    (tmp_path / "a" / "circle").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "a" / "pipe")
    assert walked(tmp_path, met) == [b"1", b"a/2", b"a/b/3"]
    assert (met.files, met.bytes, met.ignored, met.unreadable) == (3, 6, 5, 0)


def test_a_folder_that_may_not_be_listed_is_named_and_the_others_are_walked(tmp_path, met):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(b"")
    unreadable = []
    with without_rights(tmp_path / "a"):
        assert walked(tmp_path, met, unreadable=unreadable) == [b"b/file"]
    assert (unreadable, met.unreadable) == ([os.fsencode(tmp_path / "a")], 1)


def test_a_file_that_may_not_be_looked_at_is_met(tmp_path, met):
    """Break it: leave it out. Its picture gets no answer, and is not even counted."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_bytes(b"xy")
    with without_rights(tmp_path / "a"):
        (tmp_path / "a").chmod(0o400)  # its names may be read, and no more
        assert walked(tmp_path, met) == [b"a/file"]
    assert (met.files, met.ignored, met.unreadable) == (1, 0, 0)


def test_the_spool_in_an_archive_is_left_out(tmp_path, met):
    """Break it: walk into it. What is claimed is answered twice."""
    (tmp_path / "spool" / "inbox").mkdir(parents=True)
    (tmp_path / "spool" / "inbox" / "1").write_bytes(b"")
    (tmp_path / "2").write_bytes(b"")
    assert walked(tmp_path, met, skip=tmp_path / "spool") == [b"2"]


def test_what_comes_and_goes_meanwhile_ends_no_walk(tmp_path, met):
    for name in "abc":
        (tmp_path / name).mkdir()
        (tmp_path / name / "1").write_bytes(b"")
    walk = Walk(tmp_path, IGNORE, met, [].append, tmp_path / "none").files()
    next(walk)
    for name in "abc":
        for path in (tmp_path / name).iterdir():
            path.unlink()
        (tmp_path / name).rmdir()
    assert len(list(walk)) <= 2
    assert met.unreadable == 0


def test_folders_in_one_another_without_end_are_not_entered(tmp_path, met):
    deep = tmp_path.joinpath(*["d"] * (MAX_DEPTH + 2))
    deep.mkdir(parents=True)
    (deep / "file").write_bytes(b"")
    assert walked(tmp_path, met) == []
    assert met.unreadable == 1
