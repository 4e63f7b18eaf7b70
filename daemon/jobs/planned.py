"""The jobs of the calendar: what people open is never older than a day, and what they need not keep goes.

Each opens a connection of its own and raises what goes wrong; `daemon.jobs.scheduler` records and logs it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog

from daemon.checks.differences import Pace, differences, log_differences
from daemon.checks.drift import compare, log_drift
from daemon.errors import errno_name
from daemon.jobs.audited import audited
from daemon.jobs.empty_folders import remove_empty_folders
from daemon.jobs.history import Entry, History, read_history
from daemon.jobs.notices import Notices
from daemon.jobs.retention import free_percent, keep_days, make_room
from daemon.jobs.scheduler import CalendarJob, Schedule
from daemon.jobs.stored_days import newest_day
from daemon.settings.chosen_release import release_folder
from daemon.settings.fields import Settings
from daemon.spool.folders import Spool
from daemon.spool.preview_files import remove_previews_before
from model.extras import install_line
from model.release import Release, open_release
from storage.backup import back_up
from storage.engine import Engine, open_engine
from storage.export import export_results
from storage.ledger import Ledger
from storage.queries import counts
from storage.tables.formats import is_written, writer_of
from storage.upkeep import optimize
from storage.urls import is_sqlite, sqlite_path

if TYPE_CHECKING:
    from daemon.checks.canary import Canary

FILE_NAME = "results.csv"
PARQUET_NAME = "results.parquet"
SNAPSHOT_NAME = "results.db"
_FILE_MODE = 0o640  # export/ is what a group reads
_ROOM_EVERY_MINUTES = 15
_FOLDERS_EVERY_MINUTES = 30

_log = structlog.get_logger()


@contextmanager
def run_jobs(
    settings: Settings, history: History, canary: "Canary | None" = None, release: Release | None = None
) -> Iterator[Schedule]:
    """Run the jobs of the calendar while the daemon runs.

    Parameters
    ----------
    settings : Settings
    history : History
    canary : Canary, optional
    release : Release, optional
        As of `planned_jobs`.

    Yields
    ------
    Schedule
    """
    notices = open_notices(Spool(settings.spool))
    schedule = Schedule(
        list(planned_jobs(settings, canary, notices, release)), history, each_pass=notices.tick
    )
    schedule.start()
    try:
        yield schedule
    finally:
        schedule.stop()


def open_notices(spool: Spool) -> Notices:
    """Open what is known of earlier announcements, and compare the clocks with it.

    Parameters
    ----------
    spool : Spool

    Returns
    -------
    Notices
    """
    return Notices(spool.notices_file, lambda: newest_day(spool))


def planned_jobs(
    settings: Settings,
    canary: "Canary | None" = None,
    notices: Notices | None = None,
    release: Release | None = None,
) -> Iterator[CalendarJob]:
    """Yield the jobs that the settings want, in the order of a night.

    Parameters
    ----------
    settings : Settings
    canary : Canary, optional
        That of the daemon; without, its job is one to be listed, not run.
    notices : Notices, optional
        Those of the daemon; without, they are opened for each job.
    release : Release, optional
        That of the daemon; without, the one in use is opened for each job.

    Yields
    ------
    CalendarJob
    """
    jobs = _Jobs(settings, notices, release)
    if settings.export_at is not None:
        yield CalendarJob("export", jobs.audited("export", jobs.export), settings.export_at)
    if is_sqlite(settings.database()):
        if settings.snapshot_at is not None:
            yield CalendarJob("snapshot", jobs.audited("snapshot", jobs.snapshot), settings.snapshot_at)
        if settings.optimize_at is not None:
            yield CalendarJob("optimize", jobs.optimize, settings.optimize_at)
    yield from _removing_jobs(settings, jobs)
    if settings.check_at is not None:
        yield CalendarJob("check", jobs.check, settings.check_at)
    if settings.canary_every_minutes:
        drop = canary.drop if canary else dict
        yield CalendarJob("canary", drop, every_minutes=settings.canary_every_minutes)
    if settings.drift_at is not None:
        yield CalendarJob("drift", jobs.drift, settings.drift_at)
    if settings.summary_at is not None:
        yield CalendarJob("summary", jobs.summary, settings.summary_at)


def _removing_jobs(settings: Settings, jobs: "_Jobs") -> Iterator[CalendarJob]:
    """Yield those that remove files and folders."""
    keeps_not_all = settings.keep_done_days or settings.keep_failed_days or settings.keep_previews_days
    if settings.retention_at is not None and keeps_not_all:
        yield CalendarJob("retention", jobs.audited("retention", jobs.retention), settings.retention_at)
    if settings.min_free_percent:
        yield CalendarJob("room", jobs.audited("room", jobs.room), every_minutes=_ROOM_EVERY_MINUTES)
    if settings.remove_empty_folders:
        yield CalendarJob("folders", jobs.folders, every_minutes=_FOLDERS_EVERY_MINUTES)


class _Jobs:
    """What the jobs do, with the settings that they need."""

    def __init__(self, settings: Settings, notices: Notices | None, release: Release | None) -> None:
        self._settings = settings
        self._spool = Spool(settings.spool)
        self._notices = notices
        self._release = release
        self._left_out_parquet = False

    def audited(self, name: str, run: Callable[[], Mapping[str, Any]]) -> Callable[[], Mapping[str, Any]]:
        """Let a job that removes or exports leave a line in the audit trail."""
        return audited(self._spool, name, run)

    def export(self) -> Mapping[str, Any]:
        """Write all results to ``export/results.csv``; and as Parquet, where that is installed."""
        with self._reading() as engine:
            rows = export_results(engine, self._spool.export / FILE_NAME, mode=_FILE_MODE)
            if is_written(".parquet"):
                write = writer_of(PARQUET_NAME)
                export_results(engine, self._spool.export / PARQUET_NAME, mode=_FILE_MODE, write=write)
            elif not self._left_out_parquet:
                self._left_out_parquet = True
                _log.info("parquet_left_out", remedy=install_line("tables"))
        return {"rows": rows}

    def snapshot(self) -> Mapping[str, Any]:
        """Copy the database to ``export/results.db``."""
        target = self._spool.export / SNAPSHOT_NAME
        return {"bytes": back_up(sqlite_path(self._settings.database()), target, mode=_FILE_MODE)}

    def optimize(self) -> Mapping[str, Any]:
        """Let SQLite renew the statistics of its indexes."""
        optimize(sqlite_path(self._settings.database()))
        return {}

    def retention(self) -> Mapping[str, Any]:
        """Remove files that were kept long enough, and small pictures."""
        settings, today = self._settings, datetime.now(UTC).date()
        kept_days = settings.keep_previews_days
        before = today - timedelta(days=kept_days)
        removed = _remove_previews(self._spool, before) if kept_days else {}
        with self._reading() as engine:
            files = keep_days(
                self._spool,
                Ledger(engine).stored,
                today,
                self._notices or open_notices(self._spool),
                done=settings.keep_done_days,
                failed=settings.keep_failed_days,
            )
        return {**files, **removed}

    def room(self) -> Mapping[str, Any]:
        """Remove the oldest files if the disk is short of room."""
        with self._reading() as engine:
            return make_room(
                self._spool,
                Ledger(engine).stored,
                datetime.now(UTC).date(),
                self._notices or open_notices(self._spool),
                min_free_percent=self._settings.min_free_percent,
            )

    def folders(self) -> Mapping[str, Any]:
        """Remove folders of the inbox that stood empty for a day."""
        return {"removed": remove_empty_folders(self._spool)}

    def check(self) -> Mapping[str, Any]:
        """Compare rows with files, unhurriedly; say what differs, and change nothing."""
        with self._reading() as engine:
            return log_differences(differences(engine, self._spool, pace=Pace()))

    def drift(self) -> Mapping[str, Any]:
        """Compare recent scans with those of the release; log what moved."""
        settings = self._settings
        release = self._release or open_release(release_folder(settings))
        with self._reading() as engine:
            since = datetime.now(UTC) - timedelta(days=settings.drift_days)
            found = compare(
                engine, release, since, bound=settings.drift_bound, prevalence=settings.prevalence
            )
            return log_drift(found)

    def summary(self) -> Mapping[str, Any]:
        """Sum up the last day."""
        with self._reading() as engine:
            counted = counts(engine, since=datetime.now(UTC) - timedelta(days=1))
        outcomes: Counter[str] = Counter()
        for one in counted:
            outcomes[one.error_code or one.decision or one.outcome] += one.scans
        free = round(free_percent(self._spool), 1)
        checked = read_history(self._spool.schedule_file).get("check", Entry()).result
        return {
            "scans": sum(outcomes.values()),
            "by": dict(outcomes),
            "free_percent": free,
            "differences": checked.get("differences"),
        }

    @contextmanager
    def _reading(self) -> Iterator[Engine]:
        engine = open_engine(self._settings.database(), readonly=True)
        try:
            yield engine
        finally:
            engine.dispose()


def _remove_previews(spool: Spool, before: date) -> dict[str, int]:
    """Remove small pictures; a disk that refuses that keeps no file of a patient."""
    try:
        return {"previews": remove_previews_before(spool, before)}
    except OSError as error:
        _log.warning(
            "previews_not_removed",
            reason=errno_name(error),
            remedy="let the daemon's user write to previews/, or remove it by hand",
        )
        return {"previews": 0}
