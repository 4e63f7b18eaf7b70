from datetime import date

import pytest

from daemon.jobs.stored_days import days, newest_day, stored_files
from daemon.spool.folders import Spool, create
from daemon.spool.removals import NOTE_NAME


@pytest.fixture
def spool(tmp_path):
    made = Spool(tmp_path / "spool")
    create(made)
    return made


def test_only_folders_that_are_named_after_a_day_are_days(spool, tmp_path):
    for name in ("2026-11-23", "2026-01-02", "20261124", "2026-W48-2", "2026-13-01", "kept"):
        (spool.done / name).mkdir()
    (spool.done / "2026-05-05").touch()
    (spool.done / "2020-01-01").symlink_to(tmp_path)

    assert [(day.date, day.name) for day in days(spool.done)] == [
        (date(2026, 1, 2), "done/2026-01-02"),
        (date(2026, 11, 23), "done/2026-11-23"),
    ]
    assert days(spool.root / "absent") == []


def test_the_newest_day_is_of_both_folders(spool):
    assert newest_day(spool) is None
    (spool.done / "2026-11-23").mkdir()
    (spool.failed / "2026-11-24").mkdir()
    assert newest_day(spool) == date(2026, 11, 24)


def test_reasons_notes_and_what_is_being_written_are_no_stored_files(spool, tmp_path):
    day = spool.failed / "2026-11-23"
    (day / "ward").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "b.png").touch()
    (day / "ward" / "a.png").write_bytes(b"123")
    (day / "ward" / "a.png.reason.json").touch()
    (day / NOTE_NAME).touch()
    (day / ".x.tmp").touch()
    (day / "link").symlink_to(tmp_path / "elsewhere")

    assert dict(stored_files(day)) == {bytes(day / "ward" / "a.png"): 3}
