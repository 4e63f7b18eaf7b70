"""Reports of archives that committed themselves to keep objects, from whichever association they come.

References
----------
PS3.4 J.3.3 Operations (event types 1 and 2), PS3.7 10.1.1 N-EVENT-REPORT.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from pynetdicom import AE, evt

from daemon.errors import CannotCreateError, errno_name

if TYPE_CHECKING:
    from pydicom import Dataset

PUSH_MODEL: Final = "1.2.840.10008.1.20.1"
"""The SOP class of storage commitment."""
_OK: Final = 0x0000
_CANNOT_UNDERSTAND: Final = 0x0110  # processing failure
_MOST: Final = 1000
_EVERY_S: Final = 0.25


class Reports:
    """Which objects were committed, by transaction; for any thread."""

    def __init__(self) -> None:
        self._committed: dict[str, frozenset[str]] = {}
        self._changed = threading.Condition()

    def add(self, transaction_uid: str, committed: frozenset[str]) -> None:
        """Take in a report.

        Parameters
        ----------
        transaction_uid : str
        committed : frozenset of str
            SOP instance UIDs.
        """
        with self._changed:
            while len(self._committed) >= _MOST:  # of transactions that are not waited for any more
                del self._committed[next(iter(self._committed))]
            self._committed[transaction_uid] = committed
            self._changed.notify_all()

    def wait_for(
        self, transaction_uid: str, timeout_s: float, may_come: Callable[[], bool]
    ) -> frozenset[str] | None:
        """Wait for a report.

        Parameters
        ----------
        transaction_uid : str
        timeout_s : float
            Seconds.
        may_come : callable
            Asked now and then; False ends the wait.

        Returns
        -------
        frozenset of str or None
            None if none came.
        """
        end = time.monotonic() + timeout_s
        with self._changed:
            while transaction_uid not in self._committed:
                left = end - time.monotonic()
                if left <= 0 or not may_come():
                    return None
                self._changed.wait(min(left, _EVERY_S))
            return self._committed.pop(transaction_uid)


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
        committed = frozenset(
            str(item.ReferencedSOPInstanceUID) for item in reported.get("ReferencedSOPSequence", [])
        )
    except Exception:  # noqa: BLE001 -- what a peer sends may break any parser; it is answered so
        return _CANNOT_UNDERSTAND, None
    reports.add(transaction, committed)
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
    host, _, port = listen.rpartition(":")
    handlers = [(evt.EVT_N_EVENT_REPORT, lambda event: take_report(event, reports))]
    try:
        server = entity.start_server((host.strip("[]"), int(port)), block=False, evt_handlers=handlers)  # type: ignore[arg-type]
    except OSError as error:
        raise CannotCreateError(
            f"{listen} cannot be listened on ({errno_name(error)}): set `commitment_listen` to a free port"
        ) from None
    try:
        yield
    finally:
        if server is not None:
            server.shutdown()
