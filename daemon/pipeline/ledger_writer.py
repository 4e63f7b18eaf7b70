"""Writing a batch to the ledger so that it is there, whatever the database does meanwhile.

Connection, lock and disk errors are waited out; any other error is one row's fault, so the rows are written
one by one and the one that fails alone is recorded without what it holds (faults 37, 39, 52). Rows that the
database lost after it had confirmed them are recorded again (fault 69).
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

import structlog
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    sleep_using_event,
    stop_after_delay,
    stop_any,
    stop_when_event_set,
    wait_exponential,
    wait_random,
)

from daemon.pauses import Pauses
from daemon.pipeline.recent_rows import RecentRows
from daemon.spool.names import in_ascii
from storage.errors import DatabaseRefused, DatabaseReplaced, DatabaseUnavailable, RowsLost
from storage.ledger import Known, Ledger, Question, ScanRecord

if TYPE_CHECKING:
    from tenacity.stop import stop_base

_MOST_LOSSES: Final = 5  # in a row: so many servers never take over from one another while a batch is written

_T = TypeVar("_T")

_log = structlog.get_logger()


class Recorder:
    """The daemon's way to the ledger; what writes rows is for one thread, what asks for any.

    Parameters
    ----------
    ledger : Ledger
    pauses : Pauses
        Intake is paused while the database is away.
    give_up : threading.Event
        Set when waiting must end: the process is about to leave.
    wait_s : float or None
        Longest wait for the database, seconds; None waits for ever.
    on_wait : callable
        Called, from the thread that asked, each time before it waits to ask again.
    """

    def __init__(
        self,
        ledger: Ledger,
        pauses: Pauses,
        give_up: threading.Event,
        wait_s: float | None = None,
        on_wait: Callable[[], None] = lambda: None,
    ) -> None:
        self.ledger = ledger
        self._pauses = pauses
        self._give_up = give_up
        self._wait_s = wait_s
        self._on_wait = on_wait
        self.recent = RecentRows()
        self.recorded_again = 0

    def with_retries(self, call: Callable[[], _T]) -> _T:
        """Call the ledger until it answers.

        Parameters
        ----------
        call : callable
            May be repeated without harm.

        Returns
        -------
        object

        Raises
        ------
        DatabaseUnavailable
            The wait ended.
        """
        stop: stop_base = stop_when_event_set(self._give_up)
        if self._wait_s is not None:
            stop = stop_any(stop, stop_after_delay(self._wait_s))
        retrying = Retrying(
            retry=retry_if_exception(_passes),
            wait=wait_exponential(multiplier=0.1, max=5) + wait_random(0, 0.2),
            stop=stop,
            sleep=sleep_using_event(self._give_up),
            before_sleep=self._pause,
            reraise=True,
        )
        answer = retrying(call)
        self._pauses.resume("database")
        return answer

    def ask(self, questions: Sequence[Question]) -> Known:
        """Ask what a batch wants to know; of a scan whose question the database refuses nothing is known.

        Parameters
        ----------
        questions : sequence of Question
            One a scan.

        Returns
        -------
        Known

        Raises
        ------
        DatabaseUnavailable
            The wait ended.
        """
        together = Question.union(questions)
        try:
            return self.with_retries(lambda: self.ledger.ask(together))
        except DatabaseRefused:
            return Known.union([self._ask_alone(question) for question in questions])

    def _ask_alone(self, question: Question) -> Known:
        try:
            return self.with_retries(lambda: self.ledger.ask(question))
        except DatabaseRefused:  # its row is refused too, and gets a stand-in
            return Known()

    def record(
        self, rows: Sequence[ScanRecord], run_id: int, stand_in: Callable[[ScanRecord], ScanRecord]
    ) -> list[ScanRecord]:
        """Write the rows of a batch in one transaction, after those that were recorded last.

        Parameters
        ----------
        rows : sequence of ScanRecord
        run_id : int
        stand_in : callable
            Gives the row to write for one that the database refuses.

        Returns
        -------
        list of ScanRecord
            The rows as they stand now.
        """
        try:
            self._write(rows, run_id)
        except DatabaseRefused:
            return [self._record_alone(row, run_id, stand_in) for row in rows]
        return list(rows)

    def confirm(self, run_id: int) -> None:
        """Look, once, whether the row that was recorded last still stands; record again what does not.

        Parameters
        ----------
        run_id : int
        """
        last = self.recent.last
        if last is None:
            return
        with suppress(DatabaseUnavailable):  # the next batch waits for it, and looks too
            if not self.ledger.find([last.scan_id]):
                self._record_again(run_id)

    def end_run(self, run_id: int) -> None:
        """Write that this run ended, if the database answers.

        Parameters
        ----------
        run_id : int
        """
        with suppress(DatabaseUnavailable):
            self.ledger.end_run(run_id, datetime.now(UTC))

    def _record_alone(
        self, row: ScanRecord, run_id: int, stand_in: Callable[[ScanRecord], ScanRecord]
    ) -> ScanRecord:
        """Write one row; where the database refuses even its stand-in, the name is left that it dislikes."""
        try:
            return self._written(row, run_id)
        except DatabaseRefused:
            row = stand_in(row)
        try:
            return self._written(row, run_id)
        except DatabaseRefused:
            source, stored = in_ascii(row.source_name), in_ascii(row.stored_path)
            return self._written(replace(row, source_name=source, stored_path=stored), run_id)

    def _written(self, row: ScanRecord, run_id: int) -> ScanRecord:
        self._write([row], run_id)
        return row

    def _write(self, rows: Sequence[ScanRecord], run_id: int) -> None:
        """Write rows in one transaction, in which the row before them must stand.

        A server that takes over lacks the end of what the one before it had confirmed: so if that row stands,
        all before it do. It is looked for where these rows are written, for there may be another server a
        moment later, and behind a pooler no connection breaks.
        """
        for _ in range(_MOST_LOSSES):
            last = self.recent.last
            after = last.scan_id if last else None
            try:
                self.with_retries(lambda: self.ledger.record(rows, run_id, after=after))  # noqa: B023 - called here
            except RowsLost:
                self._record_again(run_id)
            else:
                self.recent.add(rows)
                return
        raise DatabaseReplaced(
            "the database loses rows again and again that it has confirmed: see that database_url leads to "
            "one server only, then start the daemon again"
        )

    def _record_again(self, run_id: int) -> None:
        """Record what the database lost of the last rows; nothing is ever recorded twice."""
        recent = list(self.recent)
        lost = self.with_retries(lambda: self.ledger.record_again(recent, run_id))
        if not lost:
            return
        self.recorded_again += len(lost)
        _log.warning(
            "rows_recorded_again",
            rows=len(lost),
            since=lost[0].finished_at.isoformat(),
            more_may_be_lost=self.recent.has_forgotten and lost[0].scan_id == recent[0].scan_id,
            remedy="the database came back without rows that it had confirmed: see why, then run "
            "`inboxray db check`",
        )

    def _pause(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        self._pauses.pause(
            "database", getattr(error, "reason", "unavailable"), getattr(error, "remedy", None)
        )
        self._on_wait()


def _passes(error: BaseException) -> bool:
    """Return whether waiting may help: a database that was replaced stays replaced."""
    return isinstance(error, DatabaseUnavailable) and error.retriable
