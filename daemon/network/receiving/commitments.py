"""Storage commitment: a request is noted before it is promised, and reported on once its scans have rows.

References
----------
PS3.4 J Storage Commitment Service Class.
"""

import json
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from daemon.network.receiving.commands import Status
from daemon.network.receiving.terms import Peer
from daemon.network.receiving.transactions import Transaction, write_report
from storage.durable.replace import Synced, replace_file
from storage.errors import StorageError

_log = structlog.get_logger()
_MOST_PENDING: Final = 1000
_EVERY_S: Final = 0.5
_TRIES: Final = 5
_BETWEEN_TRIES_S: Final = 10.0

Ledger = Callable[[Sequence[str]], frozenset[str]]
Report = Callable[[int, bytes], bool]
CallBack = Callable[[str, str, int, bytes], bool]
"""Takes AE title and address of a peer, event type and data set (implicit VR); says whether it was taken."""


@dataclass(slots=True)
class _Pending:
    transaction: Transaction
    ae_title: str
    address: str
    note: Path
    until: float
    report: Report | None = None
    is_explicit: bool = False
    tries: int = 0
    next_try: float = 0.0


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
    """

    def __init__(self, notes: Path, ledger: Ledger, call_back: CallBack, wait_s: float) -> None:
        self._notes = notes
        self._ledger = ledger
        self._call_back = call_back
        self._wait_s = wait_s
        self._lock = threading.Lock()
        self._pending: list[_Pending] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="commitments", daemon=True)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Report until the block ends; what is left is reported on after the next start.

        Yields
        ------
        None
        """
        self._notes.mkdir(exist_ok=True, mode=0o700)
        self._pending.extend(self._noted())
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()

    def _noted(self) -> Iterator[_Pending]:
        for note in sorted(self._notes.glob("*.json")):
            with suppress(OSError, ValueError, KeyError, TypeError):
                noted = json.loads(note.read_text(encoding="utf-8"))
                references = tuple((str(one), str(other)) for one, other in noted["references"])
                transaction = Transaction(str(noted["transaction"]), references)
                until = time.monotonic() + self._wait_s
                yield _Pending(transaction, str(noted["ae_title"]), str(noted["address"]), note, until)

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
        note = self._notes / f"{secrets.token_hex(8)}.json"
        noted = {
            "transaction": transaction.uid,
            "ae_title": peer.ae_title,
            "address": peer.address,
            "references": transaction.references,
        }
        with self._lock:
            if len(self._pending) >= _MOST_PENDING:
                return Status.RESOURCE_LIMITATION
            try:
                replace_file(note, json.dumps(noted).encode(), Synced.CONTENT_AND_NAME)
            except OSError:
                return Status.PROCESSING_FAILURE
            until = time.monotonic() + self._wait_s
            self._pending.append(
                _Pending(transaction, peer.ae_title, peer.address, note, until, report, is_explicit)
            )
        return Status.SUCCESS

    def _work(self) -> None:
        while not self._stop.wait(_EVERY_S):
            with self._lock:
                waiting = list(self._pending)
            for one in waiting:
                if self._stop.is_set():
                    return
                if time.monotonic() >= one.next_try and self._is_over(one):
                    with self._lock:
                        self._pending.remove(one)
                    with suppress(OSError):
                        os.unlink(one.note)

    def _is_over(self, one: _Pending) -> bool:
        """Report on a request if it is time to; say whether nothing is left to be done about it."""
        wanted = [instance for _, instance in one.transaction.references]
        try:
            held = self._ledger(wanted)
        except StorageError:  # it is away: that proves nothing
            one.next_try = time.monotonic() + _BETWEEN_TRIES_S
            return False
        if not held.issuperset(wanted) and time.monotonic() < one.until:
            return False
        one.tries += 1
        is_delivered = self._deliver(one, held)
        if not is_delivered and one.tries < _TRIES:
            one.next_try = time.monotonic() + _BETWEEN_TRIES_S * one.tries
            return False
        failed = len(wanted) - sum(instance in held for instance in wanted)
        facts = {"calling_ae": one.ae_title, "address": one.address, "instances": len(wanted)}
        if is_delivered:
            _log.info("commitment_reported", **facts, failed=failed)
        else:
            _log.warning("commitment_not_taken", **facts)
        return True

    def _deliver(self, one: _Pending, held: frozenset[str]) -> bool:
        """Report on the association of the request, or else on one of ours."""
        own = write_report(one.transaction, held, is_explicit=one.is_explicit)
        if one.report is not None and one.report(*own):
            return True
        plain = write_report(one.transaction, held, is_explicit=False)
        return self._call_back(one.ae_title, one.address, *plain)
