import os
import stat

import pytest

from daemon.spool.attempts import note_attempt
from daemon.spool.claiming import claim_file
from daemon.spool.durability import make_folders, sync_claims


def claim(spool, source=b"ward/a.dcm", data=b"bytes"):
    path = os.path.join(os.fsencode(spool.inbox), source)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    made = claim_file(spool, source)
    note_attempt(made)
    return made


def swap(made, how, tmp_path):
    os.unlink(made.path)
    if how == "link":
        os.symlink(tmp_path, made.path)
    elif how == "dangling":
        os.symlink("nowhere", made.path)
    elif how == "fifo":
        os.mkfifo(made.path)
    elif how == "folder":
        os.mkdir(made.path)


@pytest.mark.parametrize("how", ["link", "dangling", "fifo", "folder", "nothing"])
def test_what_is_no_file_is_no_broken_disk(spool, tmp_path, how):
    """A swap between look and claim once ended the daemon, at every start again (fault 13)."""
    made = claim(spool)
    swap(made, how, tmp_path)
    sync_claims(spool, [made])


@pytest.mark.parametrize("instead", ["nothing", "file", "link"])
def test_nor_is_a_folder_of_the_inbox_that_changed(spool, tmp_path, instead):
    made = claim(spool)
    (spool.inbox / "ward").rmdir()
    if instead == "file":
        (spool.inbox / "ward").touch()
    elif instead == "link":
        (spool.inbox / "ward").symlink_to(tmp_path)
    sync_claims(spool, [made])


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o2750, 0o770, 0o777])
def test_who_reads_a_folder_reads_what_is_made_in_it_and_no_other_writes(tmp_path, mode):
    """Break it: make all private. The page of another user then draws no picture."""
    root = tmp_path / "done"
    root.mkdir()
    root.chmod(mode)
    former = os.umask(0o077)
    try:
        make_folders(os.fsencode(root / "day" / "ward"), os.fsencode(tmp_path))
    finally:
        os.umask(former)
    made = {stat.S_IMODE(path.stat().st_mode) for path in (root / "day", root / "day" / "ward")}
    assert made == {0o700 | mode & 0o2050}
