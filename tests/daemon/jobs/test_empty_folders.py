import os
import time

from daemon.jobs.empty_folders import remove_empty_folders

DAY = 86_400


def make(spool, *names, hours):
    """Make folders that last changed so long ago."""
    for name in names:
        (spool.inbox / name).mkdir(parents=True)
    then = time.time() - hours * 3600
    for name in names:
        os.utime(spool.inbox / name, (then, then))


def left(spool):
    return sorted(path.relative_to(spool.inbox).as_posix() for path in spool.inbox.rglob("*"))


def test_only_folders_that_stood_empty_for_a_day_go(spool):
    """Break it: look at the age alone, or at the emptiness alone."""
    make(spool, "old", "old too", hours=25)
    make(spool, "new", hours=23)
    make(spool, "full", hours=25)
    (spool.inbox / "full" / "a.dcm").touch()
    os.utime(spool.inbox / "full", (1, 1))
    assert remove_empty_folders(spool) == 2
    assert left(spool) == ["full", "full/a.dcm", "new"]
    assert spool.inbox.is_dir()


def test_a_folder_of_folders_goes_a_day_after_the_last_of_them(spool):
    make(spool, "study/series", hours=25)
    os.utime(spool.inbox / "study", (1, 1))
    assert remove_empty_folders(spool) == 1
    assert left(spool) == ["study"]
    assert remove_empty_folders(spool, time.time() + DAY + 60) == 1
    assert left(spool) == []


def test_links_and_what_they_lead_to_stay(spool, tmp_path):
    (tmp_path / "elsewhere" / "empty").mkdir(parents=True)
    os.utime(tmp_path / "elsewhere" / "empty", (1, 1))
    (spool.inbox / "link").symlink_to(tmp_path / "elsewhere")
    assert remove_empty_folders(spool) == 0
    assert (tmp_path / "elsewhere" / "empty").is_dir()


def test_an_inbox_that_is_gone_is_no_error(spool):
    spool.inbox.rmdir()
    assert remove_empty_folders(spool) == 0
