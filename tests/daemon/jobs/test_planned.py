import csv
import os
import sqlite3
import stat
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from daemon.checks.canary import Canary
from daemon.decoding.messages import FramePreview
from daemon.jobs.history import History
from daemon.jobs.notices import Notices
from daemon.jobs.planned import FILE_NAME, PARQUET_NAME, SNAPSHOT_NAME, planned_jobs, run_jobs
from daemon.pictures.stored_previews import StoredPreviews, stored_preview
from daemon.settings.chosen_release import Choice, write_choice
from daemon.settings.fields import Settings
from daemon.spool.folders import Spool
from model.errors import ReleaseError
from storage.errors import DatabaseUnavailable
from storage.tables.formats import is_written
from tests.support.clocks import TurnedClocks
from tests.support.daemons import files
from tests.support.pictures import small_jpeg
from tests.support.recorded import fill, scans
from tests.support.release import shipped_release
from tests.support.waiting import wait_until

JOBS = ("export", "snapshot", "optimize", "retention", "check", "drift", "summary")
"""Those that have a time of day."""


@contextmanager
def running(spool, name, history):
    """Run one job, in the thread of the scheduler; no time of day is waited for, and none can be missed."""
    far_off = (datetime.now().astimezone() + timedelta(hours=12)).time()
    times = {f"{job}_at": far_off if job == name else "off" for job in JOBS}
    with run_jobs(Settings(spool=spool.root, **times), history) as schedule:
        schedule._scheduler.modify_job(name, next_run_time=datetime.now(UTC))
        yield


@pytest.fixture
def history(tmp_path):
    return History(tmp_path / "history.json")


def of_jobs(logs):
    """Give the lines about jobs alone."""
    return [line for line in logs if line["event"].startswith("job_")]


def jobs(spool, **settings):
    return {job.name: job for job in planned_jobs(Settings(spool=spool.root, **settings))}


def test_every_row_is_in_the_file_that_people_open(spool, history):
    fill(spool.root)
    file = spool.export / FILE_NAME
    with capture_logs() as logs, running(spool, "export", history):
        wait_until(lambda: of_jobs(logs), what="a line in the log, which is the job's last word")
    assert [(line["event"], line["job"], line["rows"]) for line in of_jobs(logs)] == [
        ("job_succeeded", "export", 4)
    ]
    with file.open(newline="") as lines:
        assert len(list(csv.reader(lines))) == 1 + len(scans())
    written = [file]
    if is_written(".parquet"):
        written.append(spool.export / PARQUET_NAME)
        assert written[-1].read_bytes().startswith(b"PAR1")
    assert {stat.S_IMODE(one.stat().st_mode) for one in written} == {0o640}


@pytest.mark.parametrize("missing", ["database", "folder"])
def test_an_export_that_fails_is_told_and_ends_nothing(spool, history, missing):
    if missing == "folder":
        fill(spool.root)
        spool.export.rmdir()
    with capture_logs() as logs, running(spool, "export", history):
        wait_until(lambda: of_jobs(logs), what="a line in the log")
    assert [line["event"] for line in of_jobs(logs)] == ["job_failed"]
    assert of_jobs(logs)[0]["code"]
    assert history.entry("export").ended == "failed"


def test_the_copy_of_the_database_can_be_read_by_the_group_and_by_any_tool(spool):
    fill(spool.root)
    assert jobs(spool)["snapshot"].run()["bytes"] > 0
    copy = spool.export / SNAPSHOT_NAME
    assert stat.S_IMODE(copy.stat().st_mode) == 0o640
    with closing(sqlite3.connect(f"{copy.as_uri()}?immutable=1", uri=True)) as connection:
        assert connection.execute("SELECT count(*) FROM results").fetchone() == (len(scans()),)


def test_empty_folders_go_if_that_is_set(spool):
    (spool.inbox / "study").mkdir()
    os.utime(spool.inbox / "study", (1, 1))
    assert jobs(spool, remove_empty_folders=True)["folders"].run() == {"removed": 1}
    assert list(spool.inbox.iterdir()) == []


def test_by_default_nothing_is_taken_away(spool):
    assert list(jobs(spool)) == ["export", "snapshot", "optimize", "check", "drift", "summary"]


def test_what_is_set_is_planned(spool):
    planned = jobs(spool, keep_done_days=30, min_free_percent=10)
    assert list(planned) == [
        "export",
        "snapshot",
        "optimize",
        "retention",
        "room",
        "check",
        "drift",
        "summary",
    ]
    assert (planned["room"].at, planned["room"].every_minutes) == (None, 15)


@pytest.mark.parametrize("kept_days", [0, 30])
def test_small_pictures_go_after_their_days_and_files_stay(spool, kept_days):
    fill(spool.root)
    now = datetime.now(UTC)
    ids = [str(UUID(int=int((now - timedelta(days=days)).timestamp() * 1000) << 80)) for days in (29, 31)]
    for one in ids:
        StoredPreviews(spool).write(one, [FramePreview(small_jpeg(b"large"), small_jpeg(b"small"))])
    planned = jobs(spool, keep_previews_days=30, keep_done_days=kept_days)
    result = planned["retention"].run()

    assert result["previews"] == 2
    assert result["files"] == 0
    assert [stored_preview(spool, one, 1, small=True) for one in ids] == [small_jpeg(b"small"), None]
    assert len(files(spool.done)) == 2


def test_a_canary_is_dropped_as_often_as_is_set(spool):
    settings = Settings(spool=spool.root, canary_every_minutes=5)
    canary = Canary(Spool(spool.root), settings.canary_within_s)
    planned = {job.name: job for job in planned_jobs(settings, canary)}
    assert (planned["canary"].at, planned["canary"].every_minutes) == (None, 5)
    assert planned["canary"].run()["dropped"] is True
    assert jobs(spool, canary_every_minutes=5)["canary"].run() == {}  # to be listed, not run
    with pytest.raises(ValueError, match="divide an hour"):
        Settings(spool=spool.root, canary_every_minutes=7)


def test_drift_is_measured_against_the_release_of_the_daemon_whatever_was_chosen_since(spool):
    fill(spool.root)
    settings = Settings(spool=spool.root)
    write_choice(spool.root, Choice("gone-1.0"))
    planned = {job.name: job for job in planned_jobs(settings, release=shipped_release())}
    assert planned["drift"].run()["groups"] == 0
    with pytest.raises(ReleaseError):
        jobs(spool)["drift"].run()


def test_off_means_off(spool):
    assert jobs(spool, keep_done_days=30, **{f"{name}_at": "off" for name in JOBS}) == {}


def test_a_server_keeps_its_own_backups(spool):
    planned = jobs(spool, database_url="postgresql://localhost/x")
    assert list(planned) == ["export", "check", "drift", "summary"]


def test_retention_asks_the_database_of_the_daemon(spool):
    fill(spool.root)
    settings = Settings(spool=spool.root, keep_done_days=1, keep_failed_days=1, min_free_percent=50)
    clocks = TurnedClocks()
    notices = Notices(spool.notices_file, lambda: None, clocks)
    planned = {job.name: job for job in planned_jobs(settings, notices=notices)}
    there = sorted(spool.done.rglob("*.dcm"))
    old = spool.done / "2020-01-01"
    old.mkdir()
    (old / "nobody's.dcm").touch()
    assert planned["retention"].run()["kept_without_row"] == 0  # it was announced just now
    clocks.run(days=1)
    assert planned["retention"].run()["kept_without_row"] >= 1
    planned["room"].run()
    assert (old / "nobody's.dcm").exists()
    (spool.root / "results.db").unlink()
    with pytest.raises(DatabaseUnavailable):
        planned["retention"].run()
    assert set(spool.done.rglob("*.dcm")) <= {*there, old / "nobody's.dcm"}


def test_the_day_is_summed_up(spool):
    fill(spool.root)
    summed_up = jobs(spool)["summary"].run()
    assert summed_up.keys() == {"scans", "by", "free_percent", "differences"}
    assert summed_up["differences"] is None  # nothing was compared yet


def test_rows_are_compared_with_files_and_nothing_is_changed(spool):
    """Break it: let the job put back what has no row."""
    fill(spool.root)
    first = spool.root / scans()[0].stored_path
    orphan = first.rename(first.with_name("orphan.dcm"))
    history = History(spool.schedule_file)
    with capture_logs() as logs, running(spool, "check", history):
        wait_until(lambda: of_jobs(logs), what="a line in the log, which is the job's last word")
    (line,) = of_jobs(logs)
    assert (line["event"], line["job"], line["differences"]) == ("job_succeeded", "check", 2)
    assert orphan.exists()
    assert history.entry("check").result["by"]["orphan_file"] == 1
    assert jobs(spool)["summary"].run()["differences"] == 2


def test_a_comparison_with_a_database_that_is_away_fails_and_says_so(spool):
    with pytest.raises(DatabaseUnavailable):
        jobs(spool)["check"].run()


def test_a_parquet_that_cannot_be_written_is_named_once_a_daemon(tmp_path, monkeypatch):
    """Break it: say it each night, or never."""
    monkeypatch.setattr("storage.tables.formats.find_spec", lambda _: None)
    spool = Spool(fill(tmp_path / "spool"))
    spool.export.mkdir()
    (export,) = [job for job in planned_jobs(Settings(spool=spool.root)) if job.name == "export"]
    with capture_logs() as logs:
        assert [export.run(), export.run()] == [{"rows": 4}, {"rows": 4}]
    (line,) = [line for line in logs if line["event"] == "parquet_left_out"]
    assert "pip install" in line["remedy"]
    assert [path.name for path in spool.export.iterdir()] == [FILE_NAME]
