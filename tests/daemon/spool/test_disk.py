from pathlib import Path

import pytest

from daemon.errors import ConfigurationError
from daemon.spool.disk import probe_disk, prove_renames
from daemon.spool.folders import Spool, create
from tests.support.rights import without_rights


def test_folders_that_no_rename_reaches_are_refused(tmp_path):
    """Fault 15: on another file system; the kernel's own devices in memory are one."""
    made = Spool(tmp_path / "spool")
    create(made)
    elsewhere = Path("/dev/shm")  # noqa: S108  # a file system of its own; nothing is written to it
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system to rename to")
    made.done.rmdir()
    made.done.symlink_to(elsewhere)
    with pytest.raises(ConfigurationError, match="different mounts") as caught:
        prove_renames(made)
    assert caught.value.exit_code == 78
    assert [path.name for path in made.root.rglob("*probe*")] == []


def test_the_disk_is_probed_and_nothing_is_left(spool):
    assert probe_disk(spool)
    assert list(spool.claimed.iterdir()) == []


def test_a_disk_that_refuses_is_noticed(spool):
    spool.claimed.rmdir()
    assert not probe_disk(spool)


@pytest.mark.parametrize("name", ["inbox", "claimed", "done", "failed"])
def test_a_folder_without_rights_is_named_and_is_no_question_of_mounts(spool, name):
    with (
        without_rights(spool.root / name),
        pytest.raises(ConfigurationError, match=f"may not write to the folder {name} of") as caught,
    ):
        prove_renames(spool)
    assert "mount" not in str(caught.value)
    assert "chown" in str(caught.value)
    assert [path.name for path in spool.root.rglob("*probe*")] == []
