"""`backfill`: put the parts together, answer a plan, and take them apart."""

import os
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog

from daemon import logs
from daemon.backfill.answering import Answering
from daemon.backfill.journal import Journal
from daemon.backfill.pace import Pace
from daemon.backfill.plan import read_plan, write_plan
from daemon.backfill.recording import Recording
from daemon.backfill.tally import ENDS, Tally
from daemon.backfill.walk import Met, stands
from daemon.backfill.wish import Wish
from daemon.decoding.from_settings import open_pool
from daemon.errors import errno_name
from daemon.pauses import Pauses
from daemon.pictures.stored_previews import StoredPreviews
from daemon.pipeline.answers import Rules
from daemon.pipeline.identifiers import open_identifiers
from daemon.pipeline.ledger_writer import Recorder
from daemon.service.open_executor import open_executor
from daemon.service.run_record import begin_run, log_confinement
from daemon.settings.fields import Settings
from daemon.settings.migration_scripts import script_location
from daemon.shutdown import Shutdown
from daemon.spool.folders import PRIVATE_UMASK, Spool, create
from daemon.spool.mounts import refuse_sqlite_on_network
from model.classifier import open_classifier
from model.release import Release
from storage.engine import Engine, open_engine
from storage.errors import DatabaseUnavailable
from storage.ledger import Ledger
from storage.readiness import refuse_no_database, refuse_stale_log
from storage.upgrade import bring_to_head

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ROWS: Final = 64
"""In a transaction."""
_EVERY_S: Final = 1.0
_LOG_EVERY_S: Final = 60.0

_log = structlog.get_logger()


def backfill(
    settings: Settings, release: Release, wish: Wish, show: "Callable[[Mapping[str, Any]], None]"
) -> dict[str, Any]:
    """Answer an archive, or go on where an earlier start ended.

    Parameters
    ----------
    settings : Settings
    release : Release
        That answers.
    wish : Wish
    show : callable
        Called about once a second with how far it is.

    Returns
    -------
    dict
        How far it came, as the journal has it.

    Raises
    ------
    KeyboardInterrupt
        It was asked to stop; what was begun has its row, and the same command goes on.
    DaemonError, StorageError, ModelError
        What keeps it from answering.
    """
    os.umask(PRIVATE_UMASK)
    logs.configure(settings.log_level, settings.log_format, None)
    spool = Spool(settings.spool)
    create(spool)
    journal = Journal(spool, wish.source.name)
    shutdown = Shutdown()
    with ExitStack() as parts:
        parts.enter_context(journal.held())
        parts.enter_context(shutdown.on_signals())
        work = _Work(settings, release, wish, journal, shutdown, show)
        try:
            state = work.run(parts)
        except DatabaseUnavailable:
            if not shutdown.stop.is_set():  # else it was asked to stop while it waited
                raise
    if shutdown.stop.is_set():
        raise KeyboardInterrupt
    return state


class _Work:
    """One start of a backfill."""

    def __init__(
        self,
        settings: Settings,
        release: Release,
        wish: Wish,
        journal: Journal,
        shutdown: Shutdown,
        show: "Callable[[Mapping[str, Any]], None]",
    ) -> None:
        self._settings, self._release, self._wish = settings, release, wish
        self._journal, self._shutdown, self._show = journal, shutdown, show
        self._spool = Spool(settings.spool)
        self._pauses = Pauses(self._report)
        self._pace = Pace(wish.rate, wish.hours)
        self._state: dict[str, Any] = {}
        self._tally: Tally | None = None
        self._answering: Answering | None = None
        self._cluster: Callable[[], Mapping[str, Any]] | None = None
        self._next = self._next_log = 0.0

    def run(self, parts: ExitStack) -> dict[str, Any]:
        """Plan if there is no plan, answer, and say how it ended."""
        settings = self._settings
        refuse_sqlite_on_network(settings.database())
        refuse_no_database(settings.database())
        refuse_stale_log(settings.database())
        engine = open_engine(settings.database())
        parts.callback(engine.dispose)
        recorder = Recorder(Ledger(engine), self._pauses, self._shutdown.give_up)
        recorder.with_retries(lambda: bring_to_head(engine, script_location()))
        self._plan(engine)
        if self._shutdown.stop.is_set():
            return self._state
        answering = self._answering = self._put_together(parts, engine, recorder)
        with self._journal.plan.open("rb") as plan:
            is_whole = answering.run(read_plan(plan, answering.at), self._shutdown.stop, self._pass)
            answering.finish(settings.stop_s, self._pass)
            self._shutdown.give_up.set()
        self._state["state"] = "finished" if is_whole else "stopped"
        self._remember()
        if is_whole:
            self._journal.plan.unlink(missing_ok=True)
        _log.info("backfill_ended", state=self._state["state"], **self._counts())
        return self._state

    def _plan(self, engine: Engine) -> None:
        """Take up the plan of an earlier start, or make one."""
        known, wish = self._journal.read(), self._wish
        is_there = self._journal.plan.exists() and known.get("total") is not None
        if is_there and known.get("order") == wish.source.order and not wish.plans_anew:
            self._state = known | {"state": "running", "pid": os.getpid()}
        else:
            self._journal.forget()
            self._state = self._begun()
            met = Met()
            found = self._wish.source.entries(engine, self._release, met, self._journal.list_unreadable)

            def pace() -> None:
                self._state["met"] = met.files
                if time.monotonic() >= self._next:
                    self._remember()
                if self._shutdown.stop.is_set():
                    raise KeyboardInterrupt

            total = write_plan(self._journal.plan, found, self._wish.source.order, pace)
            self._state |= {"total": total, "bytes": met.bytes, "ignored": met.ignored, "at": 0}
            self._state |= {"unreadable_folders": met.unreadable, "state": "running"}
        self._tally = Tally(self._state["total"], self._state, self._wish.hours)
        self._remember()
        _log.info(
            "backfill_planned",
            files=self._state["total"],
            unreadable_folders=self._state["unreadable_folders"],
        )

    def _begun(self) -> dict[str, Any]:
        return {
            "source": self._wish.source.name,
            "order": self._wish.source.order,
            "state": "planning",
            "pid": os.getpid(),
            "started_at": datetime.now(UTC).isoformat(),
            "model": self._release.label,
        }

    def _put_together(self, parts: ExitStack, engine: Engine, recorder: Recorder) -> Answering:
        settings, release = self._settings, self._release
        keeps_pictures = settings.previews and self._wish.source.probe() is None
        pool = parts.enter_context(
            open_pool(settings, release.shape.input_size, None, makes_previews=keeps_pictures)
        )
        pool.lack.report_to(self._pauses.for_decoding)
        pool.warm_up(log_confinement)
        rule = open_identifiers(settings.identifiers, settings.identifiers_key_file)
        classifier = open_classifier(release, settings.engine, settings.inference_threads)
        run_id = begin_run(settings, recorder, release)
        parts.callback(recorder.end_run, run_id)
        executor = open_executor(
            settings,
            self._spool,
            pool,
            classifier,
            pauses=self._pauses,
            attach_cluster=self._attach_cluster,
            seen=self._seen(),
        )
        parts.callback(executor.close)
        recording = Recording(
            self._spool,
            engine,
            executor,
            recorder,
            Rules(release, rule, settings.prevalence),
            run_id=run_id,
            small_pictures=StoredPreviews(self._spool) if keeps_pictures else None,
        )
        assert self._tally is not None
        answering = Answering(
            executor,
            recording,
            recorder,
            self._pace,
            self._pauses,
            self._tally,
            at=self._state.get("at", 0),
            rows=max(_ROWS, settings.batch_size),
            wake=self._shutdown.wake,
            on_unreadable=self._journal.list_unreadable,
            is_there=stands(self._wish.source.probe()),
        )
        parts.callback(answering.close)
        return answering

    def _seen(self) -> Path | None:
        """Return a file of the archive that a worker must see to be given paths; None: the spool's own."""
        if self._wish.source.probe() is None:
            return None
        with self._journal.plan.open("rb") as plan:
            entry = next(read_plan(plan, 0), None)
        return None if entry is None else Path(os.fsdecode(entry[0].path))

    def _attach_cluster(self, described: "Callable[[], Mapping[str, Any]]") -> None:
        self._cluster = described

    def _pass(self) -> None:
        """Look how far it is, once a second."""
        if time.monotonic() < self._next:
            return
        self._remember()
        if time.monotonic() >= self._next_log:
            self._next_log = time.monotonic() + _LOG_EVERY_S
            _log.info("backfill_progress", **self._counts())

    def _remember(self) -> None:
        self._next = time.monotonic() + _EVERY_S
        self._state["updated_at"] = datetime.now(UTC).isoformat()
        if self._answering is not None:
            self._state["at"] = self._answering.at
            self._state["in_progress"] = self._answering.in_progress
        if self._tally is not None:
            self._tally.look()
            self._state |= self._tally.described()
        self._state["pauses"] = self._pauses.listed()
        self._state["rests"] = self._pace.rests
        if self._cluster is not None:
            self._state["cluster"] = self._cluster()
        try:
            self._journal.write(self._state)
        except OSError as error:  # that costs a look at some files
            _log.warning("backfill_journal_failed", error=errno_name(error))
        self._show(self._state)

    def _report(self) -> None:
        self._next = 0.0
        self._shutdown.wake.set()

    def _counts(self) -> dict[str, Any]:
        return {name: self._state.get(name) for name in ("total", "done", *ENDS, "files_a_second", "left_s")}
