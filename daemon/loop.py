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

from daemon.claim import MAX_ATTEMPTS, Claim, attempts
from daemon.errors import InputOutputError, errno_name
from daemon.intake import Intake
from daemon.pauses import DISK_ERRORS, Pauses
from daemon.pipeline import Pipeline
from daemon.spool import Spool, probe_disk, reaches
from daemon.watcher import Watcher
from storage.errors import DatabaseUnavailable

POLL_S = 2.0  # between sweeps while nothing tells of changes
_WATCH_CHECK_S = 2.0
_DISK_PROBE_S = 5.0
_LONGEST_WAIT_S = 1.0
_WORD_S = 10.0

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
        Set by whoever has something for the next pass.
    stop : threading.Event
        Set to ask for an orderly end.
    give_up : threading.Event
        Set by the loop when the time for that end is over: nobody waits for the database any more.
    sweep_s : float
        Longest time between two sweeps, seconds.
    stop_s : float
        Longest time that claimed files are finished in after a request to stop, seconds.
    report : callable
        Called after each pass with how the inbox is watched.
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
    ) -> None:
        self._stages = stages
        self._wake = wake
        self._stop = stop
        self._sweep_s = sweep_s
        self._stop_s = stop_s
        self._give_up = give_up
        self._report = report
        self._backlog: list[Claim] = []
        self._claims = 0
        self._next_sweep = 0.0
        self._next_watch_check = 0.0
        self._next_disk_probe = 0.0
        self._disk_well_at = time.monotonic()
        self._next_word = 0.0
        self._watching = False

    @property
    def watching(self) -> str:
        """How the inbox is watched: ``inotify`` or ``polling``."""
        return "inotify" if self._watching else "polling"

    def close(self) -> None:
        """Stop watching."""
        if self._stages.watcher is not None:
            self._stages.watcher.stop()

    def resume(self, claims: list[Claim]) -> None:
        """Put claims of an earlier daemon before anything new."""
        self._backlog += claims

    def run_until_stopped(self, also: Callable[[], None] | None = None) -> None:
        """Serve until the stop event is set, then finish what is claimed.

        Parameters
        ----------
        also : callable, optional
            Called in each pass; must be short.
        """
        while not self._stop.is_set():
            self._pass()
            if also is not None:
                also()
            self._wait()
        self._finish_claimed()

    def run_until_empty(self, disk_wait_s: float) -> None:
        """Serve until nothing in the inbox is left that could be claimed, or the stop event is set.

        Parameters
        ----------
        disk_wait_s : float
            Longest time that a full or broken disk is waited for, seconds.

        Raises
        ------
        InputOutputError
            The disk did not recover; what is claimed stays for the next start.
        """
        stages = self._stages
        while not self._stop.is_set():
            claims_before = self._claims
            stages.intake.begin_sweep()
            while not self._stop.is_set() and not self._is_empty():
                self._pass()
                self._say_what_is_waited_for()
                self._give_up_on_disk(disk_wait_s)
                self._wait()
            if self._claims == claims_before:
                break  # a whole sweep met nothing that could be claimed
        self._finish_claimed()

    def _is_empty(self) -> bool:
        intake, pipeline = self._stages.intake, self._stages.pipeline
        return (
            intake.idle
            and not intake.waiting
            and not self._backlog
            and not pipeline.in_progress
            and not self._stages.pauses.any
        )

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
        left = pipeline.in_progress + len(self._backlog)
        if left:
            _log.warning("stopped_with_claims", left=left)

    def _pass(self) -> None:
        self._tend_watcher()
        self._tend_disk()
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
        watcher = self._stages.watcher
        lost = watcher is not None and watcher.take_lost()
        if lost:
            _log.warning("events_lost", remedy="sweep")
        if lost or now >= self._next_sweep:
            self._next_sweep = now + (self._sweep_s if self._watching else min(POLL_S, self._sweep_s))
            self._stages.intake.begin_sweep()
            self._stages.pipeline.finisher.retry()

    def _claim_what_is_ready(self) -> None:
        pipeline = self._stages.pipeline
        self._begin_backlog()
        if self._backlog:
            return
        for source in self._stages.intake.ready(pipeline.room):
            try:
                pipeline.claim(source)
            except FileNotFoundError:
                continue  # somebody took it away again
            except OSError as error:
                self._refused(source, error)
            else:
                self._claims += 1

    def _begin_backlog(self) -> None:
        """Go on with claims of an earlier daemon.

        A file that was there when two daemons ended is begun when nothing else is in progress: if a third
        ends, it was that one, and its neighbours are not failed with it (fault 53).
        """
        pipeline = self._stages.pipeline
        while self._backlog and pipeline.room:
            if attempts(self._backlog[0]) == MAX_ATTEMPTS - 1 and pipeline.in_progress:
                return
            pipeline.begin(self._backlog.pop(0))

    def _refused(self, source: bytes, error: OSError) -> None:
        # a mount inside the inbox is no reason to rest
        only_this_file = error.errno == errno.EXDEV and reaches(self._stages.spool)
        if error.errno in DISK_ERRORS and not only_this_file:
            self._stages.pauses.for_disk(error)
        else:
            self._stages.intake.refuse(source)

    def _tend_watcher(self) -> None:
        """See that the watcher lives and watches the inbox of now; else make it anew (faults 3, 4, 11)."""
        watcher = self._stages.watcher
        now = time.monotonic()
        if watcher is None or now < self._next_watch_check:
            return
        self._next_watch_check = now + _WATCH_CHECK_S
        if watcher.alive:
            return
        was_watching, self._watching = self._watching, False
        watcher.stop()
        try:
            watcher.start()
        except OSError as error:
            if was_watching or self._next_sweep == 0.0:
                _log.warning("polling_inbox", reason=errno_name(error), every_s=min(POLL_S, self._sweep_s))
            return
        self._watching = True
        self._next_sweep = 0.0
        _log.info("watching_inbox")

    def _say_what_is_waited_for(self) -> None:
        """Break the silence in which a file that is not whole, or not quiet, is waited for."""
        now = time.monotonic()
        intake, pipeline = self._stages.intake, self._stages.pipeline
        if not intake.waiting or pipeline.in_progress:
            self._next_word = now + _WORD_S
        elif now >= self._next_word:
            self._next_word = now + _WORD_S
            due = intake.next_due()
            _log.info("waiting", files=intake.waiting, next_in_s=None if due is None else round(due - now))

    def _give_up_on_disk(self, wait_s: float) -> None:
        now = time.monotonic()
        if not self._stages.pauses.has("disk"):
            self._disk_well_at = now
        elif now - self._disk_well_at > wait_s:
            raise InputOutputError(
                f"the disk under the spool {self._stages.spool.root} has taken nothing for {wait_s:g} s. "
                "Make room or mend it, then start again; what is claimed is finished then."
            )

    def _tend_disk(self) -> None:
        """Go on by itself when there is room again (fault 35)."""
        pauses = self._stages.pauses
        now = time.monotonic()
        if not pauses.has("disk") or now < self._next_disk_probe:
            return
        self._next_disk_probe = now + _DISK_PROBE_S
        if probe_disk(self._stages.spool):
            pauses.resume("disk")
            self._next_sweep = 0.0

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
