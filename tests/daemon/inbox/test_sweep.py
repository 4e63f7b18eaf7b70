import os

import pytest

from daemon.inbox.sweep import MAX_DEPTH, Ignore, is_too_deep, walk
from daemon.settings.ignored_names import DEFAULT_IGNORE

IGNORE = Ignore(DEFAULT_IGNORE)


@pytest.mark.parametrize(
    "name",
    [
        b".hidden",
        b"a.part",
        b"a.tmp",
        b"a.crdownload",
        b"a.filepart",
        b"Thumbs.db",
        b"desktop.ini",
        b"~$report.docx",
        b"lost+found",
        b"a.dcm.reason.json",
        b".a\xff\n.dcm",
        b"a.PART",
        b"a.Partial",
        b"A.FILEPART",
        b"a.Tmp",
        b"a.temp",
        b"a.TEMP",
        b"a.CRDOWNLOAD",
        b"a.download",
        b"~a.dcm",
        b"~WRL0001.tmp",
        b"._a.dcm",
        b".DS_Store",
        b"THUMBS.DB",
        b"Desktop.ini",
    ],
)
def test_names_of_unfinished_and_foreign_files_are_ignored(name):
    assert IGNORE(name)


@pytest.mark.parametrize(
    "name", [b"a.dcm", b"part", b"tmp.png", b"1.2.840.10008", b"\xff", b"a\n.dcm", b"a~$"]
)
def test_other_names_are_not(name):
    assert not IGNORE(name)


def test_an_ignored_folder_hides_what_is_in_it():
    assert IGNORE.any_of(b"a/.sync/b.dcm")
    assert IGNORE.any_of(b"lost+found/b.dcm")
    assert not IGNORE.any_of(b"a/b/c.dcm")


def test_without_patterns_nothing_is_ignored():
    assert not Ignore(())(b".hidden")


def test_the_walk_tells_regular_files_from_the_rest(tmp_path):
    (tmp_path / "ward").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "ward" / "a.dcm").touch()
    (tmp_path / "ward" / ".b").touch()
    os.mkfifo(tmp_path / "fifo.dcm")
    (tmp_path / "link.dcm").symlink_to(tmp_path / "ward" / "a.dcm")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "dangling").symlink_to("nowhere")
    expected = {b"ward/a.dcm": True, b"ward/.b": False, b"fifo.dcm": False, b"link.dcm": False}
    assert expected | {b"loop": False, b"dangling": False} == dict(walk(tmp_path, ignore=IGNORE))


def test_the_walk_of_a_part_gives_paths_from_the_root(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").touch()
    (tmp_path / "d").touch()
    assert list(walk(tmp_path, b"a", ignore=IGNORE)) == [(b"a/b/c", True)]
    assert list(walk(tmp_path, b"gone", ignore=IGNORE)) == []


def test_any_name_is_walked(tmp_path):
    names = {b"\xff\xfe", b"a\nb", b"x" * 255, "Übung".encode()}
    for name in names:
        with open(os.path.join(os.fsencode(tmp_path), name), "wb"):
            pass
    assert names == {source for source, _ in walk(tmp_path, ignore=IGNORE)}


def test_folders_nested_beyond_reason_are_passed_over(tmp_path, deep_folder):
    """Each level costs the walk a descriptor and a frame: two thousand would end the daemon."""
    (tmp_path / "a.dcm").touch()
    deep_folder(tmp_path, 1500)
    met = dict(walk(tmp_path, ignore=IGNORE))
    assert met.pop(b"a.dcm")
    assert list(met.values()) == [False]
    assert is_too_deep(next(iter(met)))


def test_the_deepest_folder_that_is_allowed_is_walked(tmp_path, deep_folder):
    deep_folder(tmp_path, MAX_DEPTH)
    source = b"d/" * MAX_DEPTH + b"a.dcm"
    with open(os.path.join(os.fsencode(tmp_path), source), "wb"):
        pass
    assert [(source, True)] == list(walk(tmp_path, ignore=IGNORE))


def test_what_is_just_being_received_is_neither_walked_nor_counted(tmp_path):
    for folder in (".receiving", "CT1/.receiving"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.part").touch()
    walked = list(walk(tmp_path, ignore=Ignore(())))
    assert walked == [(b"CT1/.receiving/a.part", True)]
