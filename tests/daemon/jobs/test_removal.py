"""What goes with a file, and in which order; when a day is due: `test_retention`."""

from datetime import date

import pytest

from daemon.decoding.messages import FramePreview
from daemon.jobs.removal import Tally, remove_day
from daemon.jobs.stored_days import Day
from daemon.pictures.stored_previews import StoredPreviews, stored_preview
from daemon.spool.folders import Spool, create
from daemon.spool.preview_files import preview_file
from daemon.spool.removals import NOTE_NAME
from tests.support.daemons import files
from tests.support.pictures import small_jpeg
from tests.support.records import scan_id

DAY = "2026-11-23"
IDS = {"1.dcm": scan_id(1), "2.dcm": scan_id(2)}


@pytest.fixture
def spool(tmp_path):
    made = Spool(tmp_path / "spool")
    create(made)
    return made


@pytest.fixture
def day(spool):
    folder = spool.done / DAY
    (folder / "ward").mkdir(parents=True)
    for name in ("1.dcm", "2.dcm"):
        (folder / "ward" / name).write_bytes(b"1234")
    return Day(date(2026, 11, 23), folder)


def stored(*names):
    return {f"done/{DAY}/ward/{name}": IDS[name] for name in names}


def named_by(*names):
    """Give what answers which paths rows name, and whose they are."""
    return lambda paths: {path: one for path, one in stored(*names).items() if path in paths}


def test_a_file_that_no_row_names_stays_and_is_counted(spool, day):
    tally = Tally()
    remove_day(spool, day, named_by("1.dcm"), tally)

    assert [path.name for path in day.path.rglob("*.dcm")] == ["2.dcm"]
    assert tally.as_mapping() == {"files": 1, "bytes": 4, "kept_without_row": 1}


def test_each_is_noted_and_folders_that_hold_nothing_more_go(spool, day):
    remove_day(spool, day, named_by("1.dcm", "2.dcm"), Tally())

    assert set((day.path / NOTE_NAME).read_text().split()) == stored("1.dcm", "2.dcm").keys()
    assert [path.name for path in day.path.iterdir()] == [NOTE_NAME]


def test_its_reason_and_its_pictures_go_with_a_file_and_no_others(spool, day):
    (day.path / "ward" / "1.dcm.reason.json").touch()
    pictures = spool.png / DAY / "ward"
    pictures.mkdir(parents=True)
    for name in ("1.dcm.png", "1.dcm-0001.png", "1.dcm-old.png", "11.dcm.png", "2.dcm.png"):
        (pictures / name).touch()
    for one in IDS.values():
        StoredPreviews(spool).write(one, [FramePreview(small_jpeg(b"large"), small_jpeg(b"small"))] * 2)
    remove_day(spool, day, named_by("1.dcm"), Tally())

    assert [path.name for path in day.path.rglob("*.*") if path.is_file()] == [NOTE_NAME, "2.dcm"]
    assert sorted(path.name for path in pictures.iterdir()) == ["1.dcm-old.png", "11.dcm.png", "2.dcm.png"]
    assert len(files(spool.previews)) == 4
    assert stored_preview(spool, IDS["1.dcm"], 1, small=True) is None
    assert stored_preview(spool, IDS["2.dcm"], 2, small=True) == small_jpeg(b"small")


def test_small_pictures_that_cannot_be_removed_keep_no_file(spool, day):
    """Break it: let the error pass. A patient's file stays for a picture of it."""
    preview_file(spool, IDS["1.dcm"], 1, small=False).mkdir(parents=True)  # no unlink removes a folder
    remove_day(spool, day, named_by("1.dcm"), Tally())

    assert not list(day.path.rglob("1.dcm"))


def test_it_ends_after_some_when_that_is_enough(spool, day):
    for number in range(150):
        (day.path / f"{number}.dcm").touch()
    asked = []

    def all_of_them(paths):
        asked.append(len(paths))
        return dict.fromkeys(paths, scan_id(1))

    remove_day(spool, day, all_of_them, Tally(), until=lambda: True)

    assert asked == [100]
    assert len(list(day.path.rglob("*.dcm"))) == 52
