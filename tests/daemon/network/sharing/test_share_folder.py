"""Files have their names when they are whole, a scan its note when all have theirs.

Break it: write the note first.
"""

import errno
import os

import pytest

from daemon.errors import ConfigurationError, InputOutputError, SpoolInUseError
from daemon.network.sharing.share_folder import STATE, ShareFolder, refused


def row(name="p/s/1.dcm", scan="S1"):
    return {"row": {"file": name, "scan": scan}, "files": [name]}


def place(folder, name="p/s/1.dcm", scan="S1"):
    with folder.work() as work:
        (work / "image").write_bytes(b"image")
        folder.place(scan, {work / "image": name}, row(name, scan))


def test_what_is_placed_is_known_and_in_the_manifest(tmp_path):
    with ShareFolder(tmp_path, "key") as folder:
        assert folder.note("S1") is None
        place(folder)
        place(folder, "p/s/0.dcm", "S2")
        assert folder.note("S1") == row()
        assert (folder.owner("p/s/1.dcm"), folder.owner("p/s/2.dcm")) == ("S1", None)
        assert folder.write_tables([{"scan": "S3", "reason": "file_gone"}]) == 2
    assert [line.split(",")[0] for line in (tmp_path / "manifest.csv").read_text().splitlines()] == [
        "file",
        "p/s/0.dcm",
        "p/s/1.dcm",
    ]
    assert (tmp_path / "skipped.csv").read_text() == "scan,reason\nS3,file_gone\n"
    with ShareFolder(tmp_path, "key") as folder:
        assert folder.owner("p/s/1.dcm") == "S1"


def test_a_note_whose_file_is_gone_is_none(tmp_path):
    with ShareFolder(tmp_path, "key") as folder:
        place(folder)
        (tmp_path / "p/s/1.dcm").unlink()
        assert folder.note("S1") is None
        assert folder.write_tables([]) == 0


def test_what_a_stopped_export_left_goes_and_another_waits(tmp_path):
    with ShareFolder(tmp_path, "key"):
        (tmp_path / STATE / "work-left").mkdir()
        (tmp_path / STATE / "work-left" / "half").touch()
        with pytest.raises(SpoolInUseError), ShareFolder(tmp_path, "key"):
            pass
    with ShareFolder(tmp_path, "key") as folder:
        assert not (tmp_path / STATE / "work-left").exists()
        with folder.work() as work:
            assert work.is_dir()
        assert not work.exists()


def test_another_key_is_refused(tmp_path):
    with ShareFolder(tmp_path, "key"):
        pass
    with pytest.raises(ConfigurationError, match="another key"), ShareFolder(tmp_path, "other"):
        pass


def test_a_full_disk_says_so_and_leaves_no_note(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "")

    with ShareFolder(tmp_path, "key") as folder:
        monkeypatch.setattr(os, "replace", full)
        with pytest.raises(InputOutputError, match=r"is full \(ENOSPC\): make room.*goes on where it was"):
            place(folder)
        assert folder.note("S1") is None
    assert "takes no file (EROFS)" in str(refused("EROFS"))
