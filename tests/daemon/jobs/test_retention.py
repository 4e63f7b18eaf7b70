import dataclasses
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from daemon.jobs.notices import Notices
from daemon.jobs.retention import free_percent, keep_days, make_room
from daemon.jobs.stored_days import days
from daemon.spool.folders import Spool, create
from daemon.spool.reconcile import compare
from daemon.spool.removals import NOTE_NAME, removed_paths
from storage.engine import open_engine
from storage.errors import DatabaseUnavailable
from storage.ledger import Ledger
from storage.queries import results
from storage.urls import sqlite_url
from tests.support.clocks import TurnedClocks
from tests.support.mounts import tmpfs
from tests.support.recorded import fill
from tests.support.records import classified, failed

TODAY = datetime.now(UTC).date()  # that of the notes that are written


def day(age):
    return (TODAY - timedelta(days=age)).isoformat()


def stored(number, age, outcome="done"):
    make = classified if outcome == "done" else failed
    return dataclasses.replace(make(number), stored_path=f"{outcome}/{day(age)}/ward/{number}.dcm")


@pytest.fixture
def filled(tmp_path):
    """A spool with a file a day, up to ten days old, in done/ and in failed/, and their rows."""
    records = [stored(age + 1, age) for age in range(11)]
    records += [stored(age + 101, age, "failed") for age in range(11)]
    fill(tmp_path / "spool", records)
    return Spool(tmp_path / "spool")


@pytest.fixture
def engine(filled):
    made = open_engine(sqlite_url(filled.root / "results.db"), readonly=True)
    yield made
    made.dispose()


@pytest.fixture
def recorded(engine):
    return Ledger(engine).stored


def announced(spool):
    """Notices of a daemon that announced all that is there, and ran for a day since."""
    clocks = TurnedClocks()
    notices = Notices(spool.notices_file, lambda: None, clocks)
    names = [day.name for folder in (spool.done, spool.failed) for day in days(folder)]
    notices.see(names)
    for name in names:
        notices.announce(name)
    clocks.run(days=1)
    notices.tick()
    return notices


@pytest.fixture
def notices(filled):
    return announced(filled)


def left(folder):
    """Give the ages of the days in whose folders scans lie."""
    found = {path.relative_to(folder).parts[0] for path in folder.rglob("*.dcm")}
    return sorted((TODAY - date.fromisoformat(one)).days for one in found)


def differences(spool, engine):
    return list(compare(spool, results(engine), lambda _: False))


def test_files_go_after_their_days_and_rows_stay(filled, recorded, engine, notices):
    reported = keep_days(filled, recorded, TODAY, notices, done=7, failed=3)
    assert left(filled.done) == list(range(8))
    assert left(filled.failed) == list(range(4))
    assert (reported["files"], reported["kept_without_row"]) == (3 + 7, 0)
    assert not list((filled.failed / day(5)).rglob("*.reason.json"))
    assert len(list(results(engine))) == 22


def test_what_went_is_no_difference_between_rows_and_files(filled, recorded, engine, notices):
    keep_days(filled, recorded, TODAY, notices, done=7, failed=3)
    assert differences(filled, engine) == []
    (filled.done / day(2) / "ward" / "3.dcm").unlink()  # by somebody else
    assert [(one.finding, one.path) for one in differences(filled, engine)] == [
        ("missing_file", f"done/{day(2)}/ward/3.dcm")
    ]


def test_zero_is_for_ever(filled, recorded, notices):
    assert keep_days(filled, recorded, TODAY, notices, done=0, failed=0)["files"] == 0
    assert left(filled.done) == left(filled.failed) == list(range(11))


def test_what_no_row_names_stays(filled, recorded, engine, notices):
    orphan = filled.done / day(9) / "ward" / "orphan.dcm"
    orphan.write_bytes(b"somebody's only copy")
    reported = keep_days(filled, recorded, TODAY, notices, done=7, failed=0)
    assert orphan.exists()
    assert (reported["files"], reported["kept_without_row"]) == (3, 1)
    assert [(one.finding, one.path) for one in differences(filled, engine)] == [
        ("orphan_file", f"done/{day(9)}/ward/orphan.dcm")
    ]


def test_while_the_database_is_away_nothing_goes(filled, notices):
    def away(_):
        raise DatabaseUnavailable("away")

    with pytest.raises(DatabaseUnavailable):
        keep_days(filled, away, TODAY, notices, done=1, failed=1)
    with pytest.raises(DatabaseUnavailable):
        make_room(filled, away, TODAY, notices, min_free_percent=100)
    assert left(filled.done) == left(filled.failed) == list(range(11))


def test_it_tells_before_it_takes_and_a_day_ahead(filled, recorded, notices):
    seen = []

    def asked(paths):
        seen.append([(line["event"], line["day"]) for line in logs])
        return recorded(paths)

    with capture_logs() as logs:
        keep_days(filled, asked, TODAY, notices, done=9, failed=0)
    assert ("retention_started", day(10)) in seen[0]
    assert [(line["event"], line["day"], line["files"]) for line in logs] == [
        ("retention_started", day(10), 1),
    ]


def test_what_was_never_announced_is_announced_and_stays(filled, recorded):
    notices = Notices(filled.notices_file, lambda: TODAY)
    with capture_logs() as logs:
        reported = keep_days(filled, recorded, TODAY, notices, done=9, failed=0)
    assert reported["files"] == 0
    assert [(line["event"], line["day"], line["files"]) for line in logs] == [
        ("retention_announced", day(age), 1) for age in (10, 9, 8)
    ]
    assert left(filled.done) == list(range(11))


def test_for_want_of_room_nothing_goes_that_was_not_there_a_day_ago(filled, recorded):
    notices = Notices(filled.notices_file, lambda: TODAY)
    assert make_room(filled, recorded, TODAY, notices, min_free_percent=100)["files"] == 0
    assert left(filled.done) == list(range(11))


def test_after_a_jump_of_the_clock_it_rests_and_says_so(filled, recorded):
    clocks = TurnedClocks()
    notices = Notices(filled.notices_file, lambda: None, clocks)
    clocks.set_wall(days=40)
    for rests in (30, 29):
        reported = keep_days(filled, recorded, clocks.today, notices, done=30, failed=20)
        assert (reported["files"], reported["rests_days"]) == (0, rests)
        clocks.run(days=1)


def test_folders_that_are_no_days_are_not_ours(filled, recorded, notices):
    for name in ("1999", "2026-1-1", "2026-13-01", "kept"):
        (filled.done / name).mkdir()
    outside = filled.root / "elsewhere"
    outside.mkdir()
    (outside / "a.dcm").touch()
    (filled.done / "2020-01-01").symlink_to(outside)
    keep_days(filled, recorded, TODAY, notices, done=1, failed=0)
    assert (outside / "a.dcm").exists()


def test_with_room_enough_nothing_goes(filled, recorded, notices):
    assert make_room(filled, recorded, TODAY, notices, min_free_percent=0) == {}
    assert left(filled.done) == list(range(11))


def test_for_want_of_room_all_goes_but_what_is_of_today_and_yesterday(filled, recorded, engine, notices):
    with capture_logs() as logs:
        reported = make_room(filled, recorded, TODAY, notices, min_free_percent=100)
    assert left(filled.done) == left(filled.failed) == [0, 1]
    assert reported["files"] == 18
    assert logs[0]["event"] == "disk_space_low"
    assert logs[-1]["event"] == "disk_space_still_low"
    assert differences(filled, engine) == []


def test_on_a_full_disk_the_oldest_go_until_there_is_room_and_nothing_without_a_row(tmp_path):
    """Under a full disk not even the note of what goes can be written before something went."""
    with tmpfs(tmp_path / "disk", size="8m") as folder:
        spool = Spool(folder / "spool")
        records = [stored(age + 1, age) for age in range(2, 10)]
        fill(spool.root, records)
        create(spool)
        for record in records:
            (spool.root / record.stored_path).write_bytes(bytes(400_000))
        orphan = spool.done / day(9) / "orphan.dcm"
        orphan.write_bytes(bytes(400_000))
        notices = announced(spool)
        engine = open_engine(sqlite_url(spool.root / "results.db"))
        Ledger(engine).stored({"x"})  # as in a running daemon, the files beside the database are there
        with (folder / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
            while True:
                ballast.write(bytes(4096))
        assert free_percent(spool) == 0
        reported = make_room(spool, Ledger(engine).stored, TODAY, notices, min_free_percent=12)
        assert free_percent(spool) >= 12
        assert orphan.exists()
        assert left(spool.done) == [2, 3, 4, 5, 6, 9]  # 9: the one that no row names
        assert (reported["files"], reported["kept_without_row"]) == (3, 1)
        assert len(dict(removed_paths(spool, datetime.now(UTC))).keys() - {""}) == 3
        assert [one.finding for one in differences(spool, engine)] == ["orphan_file"]
        engine.dispose()


def test_a_note_that_was_cut_short_spoils_no_other(filled, recorded, engine, notices):
    note = filled.done / day(10) / NOTE_NAME
    note.write_text(f"\ndone/{day(10)}/wa")  # the disk was full, or the machine went off
    keep_days(filled, recorded, TODAY, notices, done=7, failed=0)
    assert differences(filled, engine) == []
