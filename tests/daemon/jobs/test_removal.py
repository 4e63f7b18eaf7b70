"""What goes with a file, and in which order; when a day is due: `test_retention`."""

from datetime import date

import pytest

from daemon.jobs.removal import Tally, remove_day
from daemon.jobs.stored_days import Day
from daemon.spool.folders import Spool, create
from daemon.spool.removals import NOTE_NAME

DAY = "2026-11-23"


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
    return {f"done/{DAY}/ward/{name}" for name in names}


def test_a_file_that_no_row_names_stays_and_is_counted(spool, day):
    tally = Tally()
    remove_day(spool, day, lambda names: names & stored("1.dcm"), tally)

    assert [path.name for path in day.path.rglob("*.dcm")] == ["2.dcm"]
    assert tally.as_mapping() == {"files": 1, "bytes": 4, "kept_without_row": 1}


def test_each_is_noted_and_folders_that_hold_nothing_more_go(spool, day):
    remove_day(spool, day, lambda names: names, Tally())

    assert set((day.path / NOTE_NAME).read_text().split()) == stored("1.dcm", "2.dcm")
    assert [path.name for path in day.path.iterdir()] == [NOTE_NAME]


def test_its_reason_and_its_pictures_go_with_a_file_and_no_others(spool, day):
    (day.path / "ward" / "1.dcm.reason.json").touch()
    pictures = spool.png / DAY / "ward"
    pictures.mkdir(parents=True)
    for name in ("1.dcm.png", "1.dcm-0001.png", "1.dcm-old.png", "11.dcm.png", "2.dcm.png"):
        (pictures / name).touch()
    remove_day(spool, day, lambda names: names & stored("1.dcm"), Tally())

    assert [path.name for path in day.path.rglob("*.*") if path.is_file()] == [NOTE_NAME, "2.dcm"]
    assert sorted(path.name for path in pictures.iterdir()) == ["1.dcm-old.png", "11.dcm.png", "2.dcm.png"]


def test_it_ends_after_some_when_that_is_enough(spool, day):
    for number in range(150):
        (day.path / f"{number}.dcm").touch()
    asked = []
    remove_day(spool, day, lambda names: asked.append(len(names)) or names, Tally(), until=lambda: True)

    assert asked == [100]
    assert len(list(day.path.rglob("*.dcm"))) == 52
