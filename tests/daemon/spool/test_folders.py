import os
import stat

import pytest

from daemon.errors import CannotCreateError
from daemon.spool.folders import Spool, create, similar


def test_folders_are_made_and_private(tmp_path):
    made = Spool(tmp_path / "deep" / "spool")
    create(made)
    create(made)
    modes = {
        folder.name: stat.S_IMODE(folder.stat().st_mode) for folder in (made.claimed, made.done, made.failed)
    }
    assert modes == {"claimed": 0o700, "done": 0o700, "failed": 0o700}
    assert made.inbox.is_dir()
    assert stat.S_IMODE(made.export.stat().st_mode) & 0o007 == 0
    assert [path.name for path in made.root.rglob("*probe*")] == []


def test_a_group_can_read_the_exports_whatever_the_umask_of_the_service(tmp_path):
    """Fault 50: all else is private."""
    made = Spool(tmp_path / "spool")
    former = os.umask(0o077)
    try:
        create(made)
    finally:
        os.umask(former)
    assert stat.S_IMODE(made.export.stat().st_mode) == 0o750
    made.export.chmod(0o700)
    create(made)
    assert stat.S_IMODE(made.export.stat().st_mode) == 0o700


def test_a_spool_that_cannot_be_made_says_where(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CannotCreateError, match="spool") as caught:
        create(Spool(tmp_path / "file" / "spool"))
    assert caught.value.exit_code == 73


def test_a_spool_that_is_no_folder_is_said_to_be_none(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CannotCreateError, match="it is no folder"):
        create(Spool(tmp_path / "file"))


def test_under_the_daemons_umask_a_group_can_drop_and_fetch_and_see_nothing_else(tmp_path):
    former = os.umask(0o077)
    try:
        made = Spool(tmp_path / "spool")
        create(made)
    finally:
        os.umask(former)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [made.root, *made.root.iterdir()]}
    group = {"spool": 0o711, "inbox": 0o770, "export": 0o750}
    assert modes == group | dict.fromkeys(modes.keys() - group.keys(), 0o700)
    made.inbox.chmod(0o2775)  # what somebody chose is left alone
    create(made)
    assert stat.S_IMODE(made.inbox.stat().st_mode) == 0o2775


def test_it_says_whether_there_was_none_before(tmp_path):
    assert create(Spool(tmp_path / "spool"))
    assert not create(Spool(tmp_path / "spool"))


def test_a_spool_with_nearly_the_same_name_is_found_and_no_other_folder(tmp_path):
    create(Spool(tmp_path / "ward-spool"))
    (tmp_path / "wardspool").mkdir()

    assert similar(Spool(tmp_path / "ward-spol")) == tmp_path / "ward-spool"
    assert similar(Spool(tmp_path / "elsewhere")) is None
    assert similar(Spool(tmp_path / "absent" / "ward-spool")) is None
