"""`run` and `once`: put the parts together in the order in which they may fail, and take them apart."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import structlog

from daemon import logs
from daemon.checks.canary import Canary
from daemon.checks.new_devices import NewDevices
from daemon.decoding.from_settings import open_pool
from daemon.decoding.pool import DecoderPool
from daemon.inbox.intake import Intake
from daemon.inbox.settle import Patience
from daemon.inbox.sweep import Ignore
from daemon.inbox.watch import watcher_of
from daemon.jobs.history import History
from daemon.monitoring.signs_of_life import SignsOfLife
from daemon.monitoring.systemd import Notifier
from daemon.pauses import Pauses
from daemon.pictures.previews import open_previews
from daemon.pictures.stored_previews import StoredPreviews
from daemon.pipeline.answers import Rules
from daemon.pipeline.ask import Asker
from daemon.pipeline.commit import Committer
from daemon.pipeline.identifiers import Identifiers, open_identifiers
from daemon.pipeline.ledger_writer import Recorder
from daemon.pipeline.pipeline import Pipeline
from daemon.pipeline.recovery import recover
from daemon.service.calendar import Calendar
from daemon.service.loop import Loop, Stages
from daemon.service.onlooker import Onlooker, look, seen_by
from daemon.service.open_executor import open_executor
from daemon.service.run_record import begin_run, log_confinement
from daemon.service.status import StatusReporter
from daemon.settings.chosen_release import release_folder
from daemon.settings.fields import Settings
from daemon.settings.migration_scripts import script_location
from daemon.shutdown import Shutdown
from daemon.spool.disk import prove_renames
from daemon.spool.folders import PRIVATE_UMASK, Spool, create
from daemon.spool.lock import hold_lock
from daemon.spool.mounts import refuse_sqlite_on_network
from model.classifier import Classifier, open_classifier
from model.release import Release, open_release
from storage.engine import open_engine
from storage.errors import DatabaseUnavailable
from storage.ledger import Ledger
from storage.readiness import refuse_no_database, refuse_stale_log
from storage.upgrade import bring_to_head

_log = structlog.get_logger()


def run(settings: Settings, manager: Notifier, onlooker: Onlooker | None = None) -> None:
    """Be the daemon until SIGTERM, SIGINT or SIGHUP.

    Parameters
    ----------
    settings : Settings
    manager : Notifier
        Of the environment in which we were started.
    onlooker : Onlooker, optional
        Shows a person what is done.

    Raises
    ------
    DaemonError, StorageError, ModelError
        What keeps it from serving; each has the exit code of the command line.
    """
    service = Service(settings, manager, onlooker, None)
    with service.open() as loop:
        if loop is not None:
            planned = (settings, service.history, service.canary, service.release)
            with Calendar(*planned, loop.is_resting) as calendar:
                loop.run_until_stopped(calendar.tick)


def once(settings: Settings, manager: Notifier, onlooker: Onlooker | None = None) -> None:
    """Empty the inbox, then return.

    Parameters
    ----------
    settings : Settings
    manager : Notifier
        Of the environment in which we were started.
    onlooker : Onlooker, optional
        Shows a person what is done.

    Raises
    ------
    KeyboardInterrupt
        It was asked to stop before the inbox was empty; what was claimed is finished.
    DaemonError, StorageError, ModelError
        What keeps it from serving; each has the exit code of the command line.
    """
    service = Service(settings, manager, onlooker, settings.database_wait_s)
    with service.open() as loop:
        if loop is not None:
            loop.run_until_empty(settings.database_wait_s)
    if service.asked_to_stop:
        raise KeyboardInterrupt


class Service:
    """The parts of one daemon, made from settings.

    Parameters
    ----------
    settings : Settings
    manager : Notifier
        Notified of the state.
    onlooker : Onlooker or None
        Shows a person what is done.
    database_wait_s : float or None
        Longest wait for the database, seconds; None waits until it is there.
    """

    def __init__(
        self, settings: Settings, manager: Notifier, onlooker: Onlooker | None, database_wait_s: float | None
    ) -> None:
        self._settings = settings
        self._onlooker = onlooker
        self._database_wait_s = database_wait_s
        self._spool = Spool(settings.spool)
        self._shutdown = Shutdown()
        self._release: Release | None = None
        self._signs_of_life = SignsOfLife(settings, manager, History(self._spool.schedule_file))

    @property
    def history(self) -> History:
        """What is known of the calendar jobs."""
        return self._signs_of_life.history

    @property
    def canary(self) -> Canary | None:
        """What tries the daemon, if that is set."""
        return self._signs_of_life.canary

    @property
    def release(self) -> Release | None:
        """What answers until the end, whatever is chosen meanwhile; None before it was opened."""
        return self._release

    @property
    def asked_to_stop(self) -> bool:
        """True once a signal asked for an end."""
        return self._shutdown.stop.is_set()

    @contextmanager
    def open(self) -> Iterator[Loop | None]:
        """Start everything, yield the loop, and end everything.

        Yields
        ------
        Loop or None
            None if a signal came while the database was waited for.
        """
        settings = self._settings
        os.umask(PRIVATE_UMASK)
        logs.configure(settings.log_level, settings.log_format, self._onlooker)
        if create(self._spool):
            _log.warning("spool_created", spool=str(self._spool.root), inbox=str(self._spool.inbox))
        with ExitStack() as parts:
            parts.enter_context(self._shutdown.on_signals())  # first: who sees the lock may ask for an end
            parts.enter_context(hold_lock(self._spool))
            prove_renames(self._spool)
            refuse_sqlite_on_network(settings.database())
            refuse_no_database(settings.database())
            refuse_stale_log(settings.database())
            release = self._release = open_release(release_folder(settings))
            pool = parts.enter_context(
                open_pool(
                    settings,
                    release.shape.input_size,
                    self._spool.claimed,
                    makes_previews=settings.previews,
                )
            )
            pool.warm_up(log_confinement)
            rule = open_identifiers(settings.identifiers, settings.identifiers_key_file)
            classifier = open_classifier(release, settings.engine, settings.inference_threads)
            loop: Loop | None = None
            try:
                loop = self._start(parts, pool, classifier, rule)
            except DatabaseUnavailable:
                if not self._shutdown.stop.is_set():  # else it was asked to stop while it waited
                    raise
            self._shutdown.is_starting = False
            yield loop
            self._signs_of_life.manager.stopping()

    def _start(self, parts: ExitStack, pool: DecoderPool, classifier: Classifier, rule: Identifiers) -> Loop:
        """Go to the database, finish what an earlier daemon left, and make the loop."""
        settings, release, signs = self._settings, classifier.release, self._signs_of_life
        reporter = StatusReporter(settings, release.label, signs.manager.status, signs.canary)
        parts.callback(reporter.stop)  # after all others that are added below
        pauses = Pauses(reporter.write)
        reporter.attach(pauses)
        pool.lack.report_to(pauses.for_decoding)
        parts.enter_context(self._signs_of_life.monitored(lambda: reporter.status))
        engine = open_engine(settings.database())
        parts.callback(engine.dispose)
        ledger = Ledger(engine)
        self._signs_of_life.watch_devices(NewDevices(ledger.first_of_devices))
        recorder = Recorder(
            ledger, pauses, self._shutdown.give_up, self._database_wait_s, on_wait=self._waited
        )
        answered: Counter[str] = Counter()  # the committer's, once there is one
        parts.callback(lambda: _log.info("daemon_stopped", answered=sum(answered.values())))
        _log.info("daemon_ready", pid=os.getpid(), model=release.label, engine=settings.engine)
        self._signs_of_life.manager.ready()
        recorder.with_retries(lambda: bring_to_head(engine, script_location()))
        run_id = begin_run(self._settings, recorder, release)
        parts.callback(recorder.end_run, run_id)
        intake = self._intake(pool)
        executor = open_executor(
            settings,
            self._spool,
            pool,
            classifier,
            pauses=pauses,
            attach_cluster=reporter.attach_cluster,
        )
        rules = Rules(release, rule, settings.prevalence)
        committer = Committer(
            self._spool,
            recorder,
            rules,
            run_id,
            pauses=pauses,
            previews=open_previews(self._spool, pool, self._shutdown.wake.set) if settings.keep_png else None,
            small_pictures=StoredPreviews(self._spool) if settings.previews else None,
            observe=seen_by(self._onlooker, signs.batch),
        )
        answered = committer.outcomes
        pipeline = Pipeline(
            self._spool,
            executor,
            Asker(self._spool, executor, recorder, rules),
            committer,
            pauses=pauses,
            wake=self._shutdown.wake.set,
            on_return=intake.take_back,
            batch_size=settings.batch_size,
            batch_wait_s=settings.batch_wait_ms / 1000,
        )
        parts.callback(pipeline.close)
        parts.callback(self._shutdown.give_up.set)
        watcher = watcher_of(self._spool.inbox, self._shutdown.wake.set, is_polled=settings.polling)
        loop = self._loop(Stages(self._spool, intake, pipeline, pauses, watcher), reporter)
        parts.callback(loop.close)
        for claim in recover(self._spool, pipeline, recorder):
            loop.resume([claim])
            self._signs_of_life.live()
        return loop

    def _intake(self, pool: DecoderPool) -> Intake:
        settings = self._settings
        return Intake(
            self._spool.inbox,
            pool,
            Patience.from_settings(settings),
            Ignore(settings.never_claimed),
            self._shutdown.wake.set,
            lookahead=4 * settings.batch_size,
            marker_suffixes=settings.marker_suffixes,
        )

    def _loop(self, stages: Stages, reporter: StatusReporter) -> Loop:
        reporter.attach(stages.pauses, stages)
        return Loop(
            stages,
            self._shutdown.wake,
            self._shutdown.stop,
            give_up=self._shutdown.give_up,
            sweep_s=self._settings.sweep_s,
            stop_s=self._settings.stop_s,
            report=partial(self._passed, reporter, stages),
        )

    def _waited(self) -> None:
        """Live while the start waits for the database; later the loop must pass to be alive (fault 51)."""
        self._signs_of_life.database_retry()
        if self._shutdown.is_starting:
            self._signs_of_life.live()

    def _passed(self, reporter: StatusReporter, stages: Stages, watching: str) -> None:
        """Live: the loop has made a pass."""
        self._signs_of_life.live()
        if self._shutdown.stop.is_set():
            self._signs_of_life.manager.stopping()
        reporter.on_pass(watching)
        if self._onlooker:
            patience = Patience.from_settings(self._settings)
            self._onlooker.passed(lambda: look(stages, patience, time.monotonic()))
