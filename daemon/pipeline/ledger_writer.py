"""Writing a batch to the ledger so that it is there, whatever the database does meanwhile.

Connection, lock and disk errors are waited out; any other error is one row's fault, so the rows are written
one by one and the one that fails alone is recorded without what it holds (faults 37, 39, 52).
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

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
from daemon.spool.names import in_ascii
from storage.errors import DatabaseRefused, DatabaseUnavailable
from storage.ledger import Known, Ledger, Question, ScanRecord

if TYPE_CHECKING:
    from tenacity.stop import stop_base

_T = TypeVar("_T")


class Recorder:
    """The daemon's way to the ledger.

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
        """Write the rows of a batch in one transaction.

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
            self.with_retries(lambda: self.ledger.record(rows, run_id))
        except DatabaseRefused:
            return [self._record_alone(row, run_id, stand_in) for row in rows]
        return list(rows)

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
        self.with_retries(lambda: self.ledger.record([row], run_id))
        return row

    def _pause(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        self._pauses.pause(
            "database", getattr(error, "reason", "unavailable"), getattr(error, "remedy", None)
        )
        self._on_wait()


def _passes(error: BaseException) -> bool:
    """Return whether waiting may help: a database that was replaced stays replaced."""
    return isinstance(error, DatabaseUnavailable) and error.retriable
