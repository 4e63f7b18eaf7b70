import errno
import os
import resource
import stat
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
import uuid_utils

from daemon.spool.preview_files import (
    PREVIEW_FRAMES,
    preview_file,
    remove_previews,
    remove_previews_before,
    write_preview,
)
from tests.support.daemons import files

SCAN_ID = "019a9000-0000-7000-8000-0123456789ab"


def id_of(moment, number=1):
    milliseconds = int(moment.timestamp() * 1000)
    return str(uuid.UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | number))


def both(spool, scan_id, frame=1):
    return [preview_file(spool, scan_id, frame, small=small) for small in (False, True)]


def keep(spool, scan_id, frames=1):
    for frame in range(1, frames + 1):
        for path in both(spool, scan_id, frame):
            write_preview(path, b"jpeg")


def test_the_hour_of_the_claim_is_the_folder(spool):
    scan_id = id_of(datetime(2026, 11, 28, 22, 59, 59, 999_000, tzinfo=UTC))

    assert [str(path.relative_to(spool.previews)) for path in both(spool, scan_id, 3)] == [
        f"2026-11-28/22/{scan_id}-3.jpg",
        f"2026-11-28/22/{scan_id}-3-small.jpg",
    ]
    now = datetime.now(UTC)
    today = {f"{moment:%Y-%m-%d/%H}" for moment in (now, now + timedelta(minutes=1))}
    assert str(both(spool, str(uuid_utils.uuid7()))[0].parent.relative_to(spool.previews)) in today


@pytest.mark.parametrize(
    "wrong", ["", "../../results.db", SCAN_ID.upper(), "{" + SCAN_ID + "}", "f" * 8 + SCAN_ID[8:], "1"]
)
def test_what_is_no_id_leads_nowhere(spool, wrong):
    assert preview_file(spool, wrong, 1, small=False) is None
    remove_previews(spool, wrong)


def test_it_is_for_those_who_may_enter_the_top_folder_and_that_is_the_daemon_s_user(spool):
    before = os.umask(0o077)
    try:
        keep(spool, SCAN_ID)
    finally:
        os.umask(before)
    (path, _) = both(spool, SCAN_ID)
    modes = [stat.S_IMODE(one.stat().st_mode) for one in (spool.previews, *path.parents[:2], path)]
    assert modes == [0o700, 0o750, 0o750, 0o640]


@pytest.mark.skipif(os.geteuid() != 0, reason="another group")
def test_a_group_that_is_given_the_top_folder_is_that_of_all_below(spool):
    spool.previews.mkdir()
    os.chown(spool.previews, 0, 12_345)
    spool.previews.chmod(0o750)
    keep(spool, SCAN_ID)
    (path, _) = both(spool, SCAN_ID)

    made = (path, *path.parents[:2])
    assert [one.stat().st_gid for one in made] == [12_345] * 3
    # The unit refuses each process the bit that hands a group down (RestrictSUIDSGID).
    assert [one.stat().st_mode & 0o7777 for one in made] == [0o640, 0o750, 0o750]


def test_what_is_there_is_replaced(spool):
    (path, _) = both(spool, SCAN_ID)
    write_preview(path, b"old")
    write_preview(path, b"new")

    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_those_of_a_scan_go_with_what_a_killed_writer_left_and_no_others(spool):
    other = SCAN_ID[:-1] + "c"
    keep(spool, SCAN_ID, PREVIEW_FRAMES)
    keep(spool, other)
    (path, _) = both(spool, SCAN_ID)
    path.with_name(f".{path.name}.daemon.tmp").write_bytes(b"half")  # of an earlier build
    remove_previews(spool, SCAN_ID)

    assert sorted(path.parent.iterdir()) == sorted(both(spool, other))
    remove_previews(spool, other)
    remove_previews(spool, other)
    assert list(spool.previews.iterdir()) == []


def test_what_could_not_be_written_whole_is_removed(spool):
    """Break it: leave it. A disk that was full for a moment keeps half pictures for days."""
    (path, small) = both(spool, SCAN_ID)
    write_preview(path, b"old")
    write_preview(small, b"whole")
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, most[1]))
    try:
        with pytest.raises(OSError) as caught:
            write_preview(path, bytes(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    assert caught.value.errno == errno.EFBIG
    assert list(path.parent.iterdir()) == [small]


def test_a_link_or_a_pipe_in_its_place_is_refused_at_once(spool, tmp_path):
    (path, small) = both(spool, SCAN_ID)
    path.parent.mkdir(parents=True)
    (tmp_path / "other").write_bytes(b"mine")
    path.symlink_to(tmp_path / "other")
    os.mkfifo(small)

    for one, error in ((path, errno.ELOOP), (small, errno.ENXIO)):
        with pytest.raises(OSError) as caught:
            write_preview(one, b"new")
        assert caught.value.errno == error
    assert (tmp_path / "other").read_bytes() == b"mine"


def test_days_go_as_a_whole_and_other_files_stay(spool):
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    for days in range(3):
        keep(spool, id_of(noon + timedelta(days=days)), 2)
    first, _ = both(spool, id_of(noon))
    first.with_name(f".{first.name}.daemon.tmp").write_bytes(b"half")
    (spool.previews / "mine").mkdir()
    (spool.previews / "2020-01-01").mkdir()
    (spool.previews / "2020-01-01" / "notes.txt").write_text("mine")
    (first.parent / "notes.txt").write_text("mine")

    assert remove_previews_before(spool, date(2026, 11, 25)) == 9
    left = [str(path.relative_to(spool.previews)) for path in files(spool.previews)]
    kept = id_of(noon + timedelta(days=2))
    assert left == [
        "2020-01-01/notes.txt",
        "2026-11-23/12/notes.txt",
        *sorted(f"2026-11-25/12/{kept}-{frame}{end}.jpg" for frame in (1, 2) for end in ("", "-small")),
    ]
    assert not (spool.previews / "2026-11-24").exists()


def test_an_hour_that_goes_meanwhile_is_no_error(spool, monkeypatch):
    """Break it: list what is gone. A requeue of the hour's last scan then costs the day's removal."""
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    first, second = id_of(noon), id_of(noon + timedelta(hours=1))
    keep(spool, first)
    keep(spool, second)
    listed = os.scandir

    def first_goes(folder):
        if str(folder).endswith("/12"):
            remove_previews(spool, first)
        return listed(folder)

    monkeypatch.setattr(os, "scandir", first_goes)
    assert remove_previews_before(spool, date(2026, 11, 25)) == 2
    monkeypatch.undo()
    assert files(spool.previews) == []


def test_without_any_nothing_goes(spool):
    assert remove_previews_before(spool, date(2026, 11, 25)) == 0


def test_no_link_is_followed(spool, tmp_path):
    elsewhere = tmp_path / "elsewhere" / "12"
    elsewhere.mkdir(parents=True)
    (elsewhere / f"{SCAN_ID}-1.jpg").write_bytes(b"mine")
    spool.previews.mkdir()
    (spool.previews / "2020-01-01").symlink_to(elsewhere.parent)

    assert remove_previews_before(spool, date(2026, 11, 25)) == 0
    assert len(files(elsewhere)) == 1
