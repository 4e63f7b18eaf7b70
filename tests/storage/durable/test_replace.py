"""Break it: call `os.replace` before the block has ended: a reader finds half a file."""

import fcntl
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from storage.durable import replace
from storage.durable.replace import Synced, is_unfinished, remove_leftovers, replace_file, replacing
from tests.support.deadlines import scaled
from tests.support.shared import ROOT

DIES = """
import os, signal, sys
from pathlib import Path
from storage.durable.replace import Synced, replacing
with replacing(Path(sys.argv[1]), Synced.NOTHING, writer=sys.argv[2] or None) as stream:
    stream.write(b"half")
    stream.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def die_writing(path, writer=""):
    command = [sys.executable, "-c", DIES, path, writer]
    ended = subprocess.run(command, cwd=ROOT, timeout=scaled(60), check=False)
    assert ended.returncode == -signal.SIGKILL


@pytest.mark.parametrize("synced", Synced)
def test_a_reader_finds_the_old_file_until_the_new_one_is_whole(tmp_path, synced):
    path = tmp_path / "a"
    replace_file(path, b"old", synced)
    with replacing(path, synced) as stream:
        stream.write(b"new")
        stream.flush()
        assert path.read_bytes() == b"old"
        assert Path(stream.name).parent == tmp_path
        assert is_unfinished(os.fsencode(Path(stream.name).name))
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["a"]


def test_a_block_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(TypeError), replacing(path, Synced.CONTENT) as stream:
        stream.write("text")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize(
    ("synced", "expected"),
    [
        (Synced.NOTHING, ["rename"]),
        (Synced.CONTENT, ["sync file", "rename"]),
        (Synced.CONTENT_AND_NAME, ["sync file", "rename", "sync folder"]),
    ],
)
def test_what_is_synced_and_when(tmp_path, monkeypatch, synced, expected):
    """A name that is on disk before its bytes leads to an empty file after a loss of power."""
    happened, sync, rename = [], os.fsync, os.replace

    def syncing(descriptor):
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        happened.append(f"sync {kind}")
        sync(descriptor)

    def renaming(source, target):
        happened.append("rename")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", syncing)
    monkeypatch.setattr(os, "replace", renaming)
    replace_file(tmp_path / "a", b"x", synced)
    assert happened == expected


def test_permissions_are_as_asked_or_as_the_umask_gives_them(tmp_path):
    former = os.umask(0o027)
    try:
        replace_file(tmp_path / "plain", b"", Synced.NOTHING)
        replace_file(tmp_path / "shared", b"", Synced.NOTHING, mode=0o664)
    finally:
        os.umask(former)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "shared")]
    assert modes == [0o640, 0o664]


def test_a_link_in_the_place_of_the_new_file_is_not_followed(tmp_path):
    (tmp_path / "victim").write_bytes(b"safe")
    (tmp_path / ".a.me.tmp").symlink_to("victim")
    with pytest.raises(OSError, match="symbolic links"):
        replace_file(tmp_path / "a", b"x", Synced.NOTHING, writer="me")
    assert (tmp_path / "victim").read_bytes() == b"safe"


def test_the_longest_name_has_room_beside_it(tmp_path):
    path = tmp_path / ("n" * 255)
    replace_file(path, b"x", Synced.NOTHING, writer="01935a7c-0000-7000-8000-00000000abcd")
    assert names(tmp_path) == [path.name]


def test_a_named_writer_writes_over_what_it_left_when_it_was_killed(tmp_path):
    path = tmp_path / "a"
    die_writing(path, "me")
    assert names(tmp_path) == [".a.me.tmp"]
    replace_file(path, b"x", Synced.NOTHING, writer="me")
    assert names(tmp_path) == ["a"]
    assert path.read_bytes() == b"x"


def test_leftovers_of_the_same_file_go_and_what_is_still_written_stays(tmp_path):
    path = tmp_path / "a[1]"
    die_writing(path)
    die_writing(tmp_path / "b")
    with replacing(path, Synced.NOTHING) as stream:
        remove_leftovers(path)
        assert len(names(tmp_path)) == 2
        stream.write(b"x")
    assert path.read_bytes() == b"x"
    assert [name.startswith(".b.") for name in names(tmp_path)] == [True, False]


def test_what_lies_beside_a_new_file_goes_with_it_and_not_before(tmp_path):
    path = tmp_path / "a"
    (tmp_path / ".a.0badcafe.tmp-journal").touch()
    with replacing(path, Synced.NOTHING) as stream:
        written = Path(f"{stream.name}-journal")
        written.touch()
        remove_leftovers(path, ("-journal",))
        assert names(tmp_path) == sorted([Path(stream.name).name, written.name])
    remove_leftovers(path, ("-journal",))
    assert names(tmp_path) == ["a"]


def test_one_that_is_taken_for_a_leftover_before_its_lock_is_made_again(tmp_path, monkeypatch):
    path, lock, turns = tmp_path / "a", fcntl.flock, []

    def late(descriptor, operation):
        if not turns:
            turns.append(descriptor)
            (leftover,) = tmp_path.iterdir()
            leftover.unlink()
        lock(descriptor, operation)

    monkeypatch.setattr(replace.fcntl, "flock", late)
    replace_file(path, b"x", Synced.NOTHING)
    assert names(tmp_path) == ["a"]
