"""The service's loop: one thread that passes round its stages and waits for whatever comes first.

It decodes nothing and writes no row itself, so a pass is short; what is slow runs in children and in the
pipeline's own thread.
"""

import errno
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from daemon.errors import NoClusterError, NoDecoderError
from daemon.inbox.events import Watcher
from daemon.inbox.intake import Intake
from daemon.inbox.watch import PERIODS, InboxWatch, Periods
from daemon.pauses import DISK_ERRORS, Pauses
from daemon.pipeline.pipeline import Pipeline
from daemon.service.disk_watch import DiskWatch
from daemon.spool.claim import Claim
from daemon.spool.disk import reaches
from daemon.spool.folders import Spool
from storage.errors import DatabaseUnavailable

_LONGEST_WAIT_S = 1.0

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Stages:
    """What the loop passes round.

    Parameters
    ----------
    spool : Spool
    intake : Intake
    pipeline : Pipeline
    pauses : Pauses
    watcher : Watcher or None
        None: the inbox is polled.
    """

    spool: Spool
    intake: Intake
    pipeline: Pipeline
    pauses: Pauses
    watcher: Watcher | None


class Loop:
    """Pass round the stages until asked to stop, or until the inbox is empty.

    Parameters
    ----------
    stages : Stages
    wake : threading.Event
        Set by any thread that has something for the next pass.
    stop : threading.Event
        Set to ask for an orderly end.
    give_up : threading.Event
        Set by the loop when the time for that end is over: waiting for the database ends.
    sweep_s : float
        Longest time between two sweeps, seconds.
    stop_s : float
        Longest time that claimed files are finished in after a request to stop, seconds.
    report : callable
        Called after each pass with how the inbox is watched.
    periods : Periods
        How often what lies outside is looked at.
    """

    def __init__(
        self,
        stages: Stages,
        wake: threading.Event,
        stop: threading.Event,
        *,
        give_up: threading.Event,
        sweep_s: float,
        stop_s: float,
        report: Callable[[str], None],
        periods: Periods = PERIODS,
    ) -> None:
        self._stages = stages
        self._wake = wake
        self._stop = stop
        self._stop_s = stop_s
        self._give_up = give_up
        self._report = report
        self._claims = 0
        self._next_sweep = 0.0
        self._next_progress = 0.0
        self._progress_s = periods.progress_s
        self._inbox = InboxWatch(stages.watcher, sweep_s, periods)
        self._disk = DiskWatch(stages.spool, stages.pauses, periods.disk_probe_s)

    @property
    def watching(self) -> str:
        """How the inbox is watched: ``inotify`` or ``polling``."""
        return self._inbox.word

    def close(self) -> None:
        """Stop watching."""
        self._inbox.close()

    def resume(self, claims: list[Claim]) -> None:
        """Begin with claims of an earlier daemon, before anything new.

        Parameters
        ----------
        claims : list of Claim
        """
        for claim in claims:
            self._stages.pipeline.begin(claim)

    def run_until_stopped(self, also: Callable[[], None] | None = None) -> None:
        """Serve until the stop event is set, then finish what is claimed.

        Parameters
        ----------
        also : callable, optional
            Called in each pass; must be short.
        """
        while not self._stop.is_set():
            self._pass()
            if also is not None and not self._stop.is_set():
                also()
            self._wait()
        self._finish_claimed()

    def run_until_empty(self, wait_s: float) -> None:
        """Serve until nothing in the inbox is left that could be claimed, or the stop event is set.

        Parameters
        ----------
        wait_s : float
            Longest time that a full or broken disk, a process to decode in, or a cluster is waited for,
            seconds.

        Raises
        ------
        InputOutputError, DaemonAwayError
            There was none; what is claimed stays for the next start.
        """
        stages = self._stages
        while not self._stop.is_set():
            claims_before = self._claims
            stages.intake.begin_sweep()
            while not self._stop.is_set() and not self.is_resting():
                self._pass()
                self._log_what_is_waited_for()
                self._give_up_after(wait_s)
                self._wait()
            if self._claims == claims_before:
                break  # a whole sweep met nothing that could be claimed
        self._finish_claimed()

    def is_resting(self) -> bool:
        """Return whether there is nothing to do, and nothing in the inbox that could be claimed.

        Returns
        -------
        bool
        """
        intake, pipeline = self._stages.intake, self._stages.pipeline
        return intake.idle and not intake.waiting and not pipeline.in_progress and not self._stages.pauses.any

    def _give_up_after(self, wait_s: float) -> None:
        self._disk.give_up_after(wait_s)
        lack = self._stages.pauses.lasting("decoding")
        if lack is not None and lack.seconds > wait_s:
            raise NoDecoderError(lack.cause)
        away = self._stages.pauses.lasting("cluster")
        if away is not None and away.seconds > wait_s:
            raise NoClusterError(away.cause)

    def _finish_claimed(self) -> None:
        """Finish what is claimed within the time allowed; the rest stays for the next start."""
        deadline = time.monotonic() + self._stop_s
        pipeline = self._stages.pipeline
        while pipeline.in_progress and time.monotonic() < deadline:
            pipeline.advance(drain=True)
            self._report(self.watching)
            self._wake.wait(0.1)
            self._wake.clear()
        self._give_up.set()
        with suppress(DatabaseUnavailable):  # the rows that it did not take are written at the next start
            pipeline.advance(drain=True)
        if pipeline.in_progress:
            _log.warning("daemon_stopped_with_claims", claims=pipeline.in_progress)

    def _pass(self) -> None:
        watched_anew, goes_on = self._inbox.tend(), self._disk.tend()
        if watched_anew or goes_on:
            self._next_sweep = 0.0
        stages = self._stages
        if stages.watcher is not None:
            stages.intake.take_hints(stages.watcher.hints(stages.intake.room_for_hints))
        self._sweep_if_due()
        stages.intake.advance()
        self._claim_what_is_ready()
        stages.pipeline.advance()
        self._report(self.watching)

    def _sweep_if_due(self) -> None:
        now = time.monotonic()
        if self._inbox.take_lost() or now >= self._next_sweep:
            self._next_sweep = now + self._inbox.sweep_every_s
            self._stages.intake.begin_sweep()
            self._stages.pipeline.look_back()

    def _claim_what_is_ready(self) -> None:
        pipeline = self._stages.pipeline
        for source in self._stages.intake.ready(pipeline.room):
            try:
                pipeline.claim(source)
            except FileNotFoundError:
                self._stages.intake.lost(source)
            except OSError as error:
                self._refused(source, error)
            else:
                self._stages.intake.claimed(source)
                self._claims += 1

    def _refused(self, source: bytes, error: OSError) -> None:
        # a mount inside the inbox is no reason to rest
        only_this_file = error.errno == errno.EXDEV and reaches(self._stages.spool)
        if error.errno in DISK_ERRORS and not only_this_file:
            self._stages.pauses.for_disk(error)
        else:
            self._stages.intake.refuse(source)

    def _log_what_is_waited_for(self) -> None:
        """Break the silence in which a file that is not whole, or not quiet, is waited for."""
        now = time.monotonic()
        intake, pipeline = self._stages.intake, self._stages.pipeline
        if not intake.waiting or pipeline.in_progress:
            self._next_progress = now + self._progress_s
        elif now >= self._next_progress:
            self._next_progress = now + self._progress_s
            due = intake.next_due()
            _log.info(
                "files_waiting", files=intake.waiting, next_in_s=None if due is None else round(due - now)
            )

    def _wait(self) -> None:
        stages = self._stages
        if stages.watcher is not None and stages.watcher.has_hints and stages.intake.room_for_hints:
            return  # it took no more of them than it had room for
        now = time.monotonic()
        dues = [now + _LONGEST_WAIT_S, stages.pipeline.next_due(), self._next_sweep]
        intake_due = stages.intake.next_due()
        if intake_due is not None:
            dues.append(intake_due)
        self._wake.wait(max(0.0, min(dues) - now))
        self._wake.clear()
