"""Storage commitment: a request is noted before it is promised, and reported on once its scans have rows.

References
----------
PS3.4 J Storage Commitment Service Class.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog

from daemon.network.receiving.commands import Status
from daemon.network.receiving.pending import Delivery, Pending, Report, noted_promises, promise
from daemon.network.receiving.terms import Peer
from daemon.network.receiving.transactions import Transaction, write_report
from storage.errors import StorageError

_log = structlog.get_logger()
_MOST_PENDING: Final = 1000
_MOST_REFERENCES: Final = 200_000
"""Of all promises together: what is kept in mind has a bound, however many peers ask."""
_EVERY_S: Final = 0.5
_SELDOM_S: Final = 15.0
"""The longest pause between two questions to the ledger about one request."""
_FIRST_PAUSE_S: Final = 10.0
_LONGEST_PAUSE_S: Final = 900.0
_GIVEN_UP_AFTER: Final = 100
"""Tries; about a day of them."""
_STOP_S: Final = 5.0

Ledger = Callable[[Sequence[str]], frozenset[str]]
CallBack = Callable[[Pending, int, bytes], Delivery]
"""Takes a promise, event type and data set (implicit VR)."""


class Commitments:
    """Requests that wait for their rows, and a thread that reports on them.

    Parameters
    ----------
    notes : Path
        Folder of the requests that were promised; outlives the process.
    ledger : callable
        Says which SOP instances have a row.
    call_back : callable
        Opens an association of ours to report.
    wait_s : float
        For the rows; then what has none is reported as failed.
    fail : callable
        Takes the error that ended the thread.
    """

    def __init__(
        self,
        notes: Path,
        ledger: Ledger,
        call_back: CallBack,
        wait_s: float,
        fail: Callable[[BaseException], None],
    ) -> None:
        self._notes = notes
        self._ledger = ledger
        self._call_back = call_back
        self._wait_s = wait_s
        self._fail = fail
        self._lock = threading.Lock()
        self._pending: list[Pending] = []
        self._left_alone: dict[tuple[str, str], float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="commitments", daemon=True)

    @property
    def waiting(self) -> int:
        """How many requests are to be reported on."""
        return len(self._pending)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Report until the block ends; what is left is reported on after the next start.

        Yields
        ------
        None
        """
        self._notes.mkdir(exist_ok=True, mode=0o700)
        self._pending.extend(noted_promises(self._notes, self._wait_s))
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join(_STOP_S)  # a peer that is being called back may be silent for longer

    def take(self, transaction: Transaction, peer: Peer, report: Report, *, is_explicit: bool) -> Status:
        """Promise to report on a request.

        Parameters
        ----------
        transaction : Transaction
        peer : Peer
        report : callable
            Reports on the association of the request, as long as that is open.
        is_explicit : bool
            That association's transfer syntax is Explicit VR Little Endian.

        Returns
        -------
        Status
            SUCCESS: it is noted on disk.
        """
        with self._lock:
            references = sum(len(one.transaction.references) for one in self._pending)
            is_too_much = references + len(transaction.references) > _MOST_REFERENCES
            if len(self._pending) >= _MOST_PENDING or is_too_much:
                return Status.RESOURCE_LIMITATION
            try:
                made = promise(self._notes, transaction, peer, self._wait_s, report, is_explicit=is_explicit)
            except OSError:
                return Status.PROCESSING_FAILURE
            self._pending.append(made)
        return Status.SUCCESS

    def _work(self) -> None:
        try:
            while not self._stop.wait(_EVERY_S):
                self._look()
        except BaseException as error:  # noqa: BLE001 -- handed on: without this thread no promise is kept
            self._fail(error)

    def _look(self) -> None:
        """Ask the ledger about all that is due, at once, and report on what can be."""
        now = time.monotonic()
        with self._lock:
            due = [one for one in self._pending if now >= max(one.next_at, self._alone_until(one))]
        if not due:
            return
        try:
            held = self._ledger(list({uid for one in due for uid in one.wanted}))
        except StorageError:  # it is away: that proves nothing
            for one in due:
                one.next_at = now + _FIRST_PAUSE_S
            return
        for one in due:
            if self._stop.is_set():
                return
            if not held.issuperset(one.wanted) and now < one.until:
                one.looks += 1
                one.next_at = min(now + min(_EVERY_S * 1.5**one.looks, _SELDOM_S), one.until)
            elif now >= self._alone_until(one) and self._is_over(one, held):
                with self._lock:
                    self._pending.remove(one)
                one.forget()

    def _is_over(self, one: Pending, held: frozenset[str]) -> bool:
        """Report on a request; say whether nothing is left to be done about it."""
        delivery = self._deliver(one, held)
        if delivery is Delivery.NOT_NOW:
            return False
        one.tries += 1
        failed = sum(instance not in held for instance in one.wanted)
        facts = {"calling_ae": one.ae_title, "address": one.address, "instances": len(one.wanted)}
        if delivery is Delivery.TAKEN:
            self._left_alone.pop(one.peer, None)
            _log.info("commitment_reported", **facts, failed=failed)
            return True
        if delivery is Delivery.FAILED and one.tries < _GIVEN_UP_AFTER:
            pause_s = min(_FIRST_PAUSE_S * 2 ** min(one.tries - 1, 10), _LONGEST_PAUSE_S)
            self._left_alone[one.peer] = time.monotonic() + pause_s
            return False
        remedy = "give its port in receive_from, as AE@ADDRESS:PORT" if delivery is Delivery.NO_WAY else ""
        _log.warning("commitment_not_taken", **facts, remedy=remedy or "see the peer's log")
        return True

    def _alone_until(self, one: Pending) -> float:
        """Return when its peer is called next: one that is silent is not waited for once for each."""
        return self._left_alone.get(one.peer, 0.0)

    def _deliver(self, one: Pending, held: frozenset[str]) -> Delivery:
        """Report on the association of the request, or else on one of ours."""
        if one.report is not None:
            own = write_report(one.transaction, held, is_explicit=one.is_explicit)
            delivery = one.report(*own)
            if delivery in (Delivery.TAKEN, Delivery.NOT_NOW):
                return delivery
            one.report = None  # it is over, or the peer takes none there
        plain = write_report(one.transaction, held, is_explicit=False)
        return self._call_back(one, *plain)
