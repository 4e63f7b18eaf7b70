import os
import threading

import pytest

from daemon.spool.rename import rename_into_inbox, rename_new

SCAN_ID = "01935a7c-0000-7001-8000-00000000abcd"


def put(path, data):
    path.write_bytes(data)
    return os.fsencode(path)


def test_a_free_name_is_taken(tmp_path):
    rename_new(put(tmp_path / "a\n", b"bytes"), os.fsencode(tmp_path) + b"/\xff")
    assert os.listdir(os.fsencode(tmp_path)) == [b"\xff"]
    assert next(tmp_path.iterdir()).read_bytes() == b"bytes"


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_stands_there_stays(tmp_path, kind):
    path, target = put(tmp_path / "a", b"mine"), tmp_path / "b"
    {"file": target.touch, "folder": target.mkdir, "link": lambda: target.symlink_to("nowhere")}[kind]()
    before = os.lstat(target).st_ino
    with pytest.raises(FileExistsError):
        rename_new(path, os.fsencode(target))
    assert os.lstat(target).st_ino == before
    assert (tmp_path / "a").read_bytes() == b"mine"


def test_a_file_that_is_gone_is_named_by_its_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        rename_new(os.fsencode(tmp_path / "nothing"), os.fsencode(tmp_path / "b"))


def test_a_name_that_is_taken_between_look_and_rename_is_not_overwritten(tmp_path, monkeypatch):
    """A sender that is that quick loses nothing."""
    (tmp_path / "inbox").mkdir()
    tried = []

    def overtaken(path, name, *, folder):
        tried.append(name)
        if name == b"a.dcm":
            (tmp_path / "inbox" / "ward" / "a.dcm").write_bytes(b"newer")
        rename_new(path, name, folder=folder)

    monkeypatch.setattr("daemon.spool.rename.rename_new", overtaken)
    path = put(tmp_path / "claimed", b"older")
    given = rename_into_inbox(tmp_path / "inbox", path, b"ward/a.dcm", SCAN_ID)
    assert given == b"ward/a~00000000abcd.dcm"
    assert tried == [b"a.dcm", b"a~00000000abcd.dcm"]
    assert (tmp_path / "inbox" / "ward" / "a.dcm").read_bytes() == b"newer"
    assert (tmp_path / "inbox" / os.fsdecode(given)).read_bytes() == b"older"


def test_of_many_at_once_each_keeps_its_file(tmp_path):
    paths = [put(tmp_path / str(n), b"%d" % n) for n in range(8)]
    ids = [f"01935a7c-0000-7001-8000-00000000000{n}" for n in range(8)]
    threads = [
        threading.Thread(target=rename_into_inbox, args=(tmp_path / "inbox", path, b"a", scan_id))
        for path, scan_id in zip(paths, ids, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(path.read_bytes() for path in (tmp_path / "inbox").iterdir()) == [
        b"%d" % n for n in range(8)
    ]


def test_two_names_that_are_taken_are_an_error_and_no_loss(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "a~00000000abcd").write_bytes(b"2")
    path = put(tmp_path / "claimed", b"3")
    with pytest.raises(FileExistsError):
        rename_into_inbox(tmp_path, path, b"a", SCAN_ID)
    assert (tmp_path / "claimed").read_bytes() == b"3"


def test_nothing_is_put_back_through_a_folder_that_became_a_link(tmp_path):
    """Fault 13. Break it: make the folders by `os.makedirs` and rename by path."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "ward").symlink_to(tmp_path / "elsewhere")
    path = put(tmp_path / "claimed", b"mine")
    for source in (b"ward/a.dcm", b"ward/deeper/a.dcm"):
        with pytest.raises(NotADirectoryError):
            rename_into_inbox(tmp_path / "inbox", path, source, SCAN_ID)
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert (tmp_path / "claimed").read_bytes() == b"mine"
