"""Reports of archives that committed themselves to keep objects, from whichever association they come.

References
----------
PS3.4 J.3.3 Operations (event types 1 and 2), PS3.7 10.1.1 N-EVENT-REPORT.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pynetdicom import AE, evt

from daemon.errors import CannotCreateError, errno_name
from daemon.settings.listening import split_listen

if TYPE_CHECKING:
    from pydicom import Dataset

PUSH_MODEL: Final = "1.2.840.10008.1.20.1"
"""The SOP class of storage commitment."""
_OK: Final = 0x0000
_CANNOT_UNDERSTAND: Final = 0x0110  # processing failure
_MOST_TRANSACTIONS: Final = 1000
_MOST_LATE: Final = 100_000
_EVERY_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class CommitmentReport:
    """What an archive says of the objects of one transaction, by SOP instance UID.

    Attributes
    ----------
    committed : frozenset of str
        It keeps them.
    failed : mapping of str to int
        It does not, with the Failure Reason (0008,1197); 0 where it gives none.
    """

    committed: frozenset[str] = frozenset()
    failed: Mapping[str, int] = field(default_factory=dict)


class Reports:
    """What archives reported, by transaction; for any thread.

    A report that comes when it is not waited for any more is kept: its objects need not be asked for again.
    """

    def __init__(self) -> None:
        self._reported: dict[str, CommitmentReport | None] = {}  # by transaction, the oldest first
        self._late: dict[str, None] = {}  # committed objects that were not waited for, the oldest first
        self._waited_for: set[str] = set()
        self._changed = threading.Condition()

    def expect(self, transaction_uid: str) -> None:
        """Take reports of a transaction from now on: all others are no business of ours.

        Parameters
        ----------
        transaction_uid : str
        """
        with self._changed:
            self._reported[transaction_uid] = None
            self._waited_for.add(transaction_uid)
            while len(self._reported) > _MOST_TRANSACTIONS:
                del self._reported[next(iter(self._reported))]

    def add(self, transaction_uid: str, report: CommitmentReport) -> None:
        """Take in a report.

        Parameters
        ----------
        transaction_uid : str
        report : CommitmentReport
        """
        with self._changed:
            if transaction_uid not in self._reported:
                return
            if transaction_uid in self._waited_for:
                self._reported[transaction_uid] = report
                self._changed.notify_all()
                return
            del self._reported[transaction_uid]
            self._late |= dict.fromkeys(report.committed)
            while len(self._late) > _MOST_LATE:
                del self._late[next(iter(self._late))]

    def take_late(self, sop_instance_uids: Collection[str]) -> frozenset[str]:
        """Return which objects were committed after who asked had gone; each is returned once.

        Parameters
        ----------
        sop_instance_uids : collection of str

        Returns
        -------
        frozenset of str
        """
        with self._changed:
            found = frozenset(uid for uid in sop_instance_uids if uid in self._late)
            for uid in found:
                del self._late[uid]
        return found

    def wait_for(
        self, transaction_uid: str, timeout_s: float, may_come: Callable[[], bool]
    ) -> CommitmentReport | None:
        """Wait for a report; one that comes later is kept.

        Parameters
        ----------
        transaction_uid : str
        timeout_s : float
            Seconds.
        may_come : callable
            Asked now and then; False ends the wait.

        Returns
        -------
        CommitmentReport or None
            None if none came.
        """
        end = time.monotonic() + timeout_s
        with self._changed:
            while (report := self._reported.get(transaction_uid)) is None:
                left = end - time.monotonic()
                if left <= 0 or not may_come():
                    break
                self._changed.wait(min(left, _EVERY_S))
            self._waited_for.discard(transaction_uid)
            if report is not None:
                del self._reported[transaction_uid]
            return report


def take_report(event: Any, reports: Reports) -> tuple[int, None]:
    """Answer a report of storage commitment.

    Parameters
    ----------
    event : pynetdicom.evt.Event
    reports : Reports

    Returns
    -------
    tuple of (int, None)
        The status.
    """
    try:
        reported: Dataset = event.event_information
        transaction = str(reported.TransactionUID)
        committed = [str(item.ReferencedSOPInstanceUID) for item in reported.get("ReferencedSOPSequence", [])]
        failed = {
            str(item.ReferencedSOPInstanceUID): int(item.get("FailureReason") or 0)
            for item in reported.get("FailedSOPSequence", [])
        }
    except Exception:  # noqa: BLE001 -- what a peer sends may break any parser; it is answered so
        return _CANNOT_UNDERSTAND, None
    reports.add(transaction, CommitmentReport(frozenset(committed) - failed.keys(), failed))
    return _OK, None


@contextmanager
def listening(listen: str | None, ae_title: str, peers: list[str], reports: Reports) -> Iterator[None]:
    """Take reports on associations that archives open, of peers that we send to.

    Parameters
    ----------
    listen : str or None
        ``ADDRESS:PORT``; None: no port is opened.
    ae_title : str
        Our own.
    peers : list of str
        Their titles.
    reports : Reports

    Yields
    ------
    None

    Raises
    ------
    CannotCreateError
        The port cannot be taken.
    """
    if listen is None:
        yield
        return
    entity = AE(ae_title=ae_title)
    entity.maximum_associations = 10
    entity.require_calling_aet = peers
    entity.require_called_aet = True
    entity.add_supported_context(PUSH_MODEL, scu_role=False, scp_role=True)
    handlers = [(evt.EVT_N_EVENT_REPORT, lambda event: take_report(event, reports))]
    try:
        server = entity.start_server(split_listen(listen), block=False, evt_handlers=handlers)  # type: ignore[arg-type]
    except OSError as error:
        raise CannotCreateError(
            f"{listen} cannot be listened on ({errno_name(error)}): set `commitment_listen` to a free port"
        ) from None
    try:
        yield
    finally:
        if server is not None:
            server.shutdown()
