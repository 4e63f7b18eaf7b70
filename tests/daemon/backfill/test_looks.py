import errno
import os

import pytest

from daemon.backfill.looks import GONE, UNREADABLE, seen
from daemon.spool.file_state import look_at


def test_a_file_is_seen_as_it_is(tmp_path):
    (tmp_path / "1").write_bytes(b"x")
    assert seen(bytes(tmp_path / "1")) == look_at(bytes(tmp_path / "1"))


def test_what_is_away_or_no_file_is_gone(tmp_path):
    (tmp_path / "1").write_bytes(b"x")
    (tmp_path / "link").symlink_to("1")
    for name in ("absent", "1/below", "link", "."):
        assert seen(bytes(tmp_path / name)) == GONE


@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES, errno.ESTALE, errno.ENAMETOOLONG])
def test_what_cannot_be_known_is_not_gone(tmp_path, monkeypatch, code):
    """Break it: take each error for a file that is away."""

    def fails(path):
        raise OSError(code, os.strerror(code), path)

    monkeypatch.setattr(os, "lstat", fails)
    assert seen(bytes(tmp_path / "1")) == UNREADABLE
