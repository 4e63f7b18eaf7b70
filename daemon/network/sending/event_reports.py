"""A peer's reports on an association of ours: each is answered before we release it, or comes too late.

pynetdicom 3.0.4 runs the handler of N-EVENT-REPORT in a thread of its own, and sends the answer behind it.
Who releases the association as soon as the handler has run may be first. Then the state machine meets data
behind a release (PS3.8 9.2.3), its thread ends with InvalidEventError, and a socket is left behind.
"""

import threading
from collections.abc import Callable
from typing import Any, Final

_ANSWER: Final = b"\0\0\0\1\2\0\0\0\0\x81"
"""Command Field (0000,0100) of N-EVENT-REPORT-RSP, 8100H, in implicit VR, little endian: PS3.7 E.2."""

Handler = Callable[[Any], tuple[int, Any]]


class EventReports:
    """Reports that are being answered on one association; for any thread.

    Parameters
    ----------
    handler : callable
        Takes a report, as pynetdicom's EVT_N_EVENT_REPORT gives it, and returns the status and no data.
    timeout_s : float
        Longest wait for an answer to be sent, or for the release, seconds.
    """

    def __init__(self, handler: Handler, *, timeout_s: float) -> None:
        self._handler = handler
        self._timeout_s = timeout_s
        self._changed = threading.Condition()
        self._unanswered = 0
        self._is_releasing = self._is_released = False

    def take(self, event: Any) -> tuple[int, Any]:
        """Handle a report; for EVT_N_EVENT_REPORT.

        Parameters
        ----------
        event : pynetdicom.evt.Event

        Returns
        -------
        tuple of (int, object)
            The handler's. A report that comes while we release waits here until nothing is sent any more,
            and is not handled: a peer that got no answer reports again.
        """
        with self._changed:
            if self._is_releasing:
                self._changed.wait_for(lambda: self._is_released, self._timeout_s)
                return 0, None
            self._unanswered += 1
        return self._handler(event)

    def note_sent(self, event: Any) -> None:
        """Note an answer that left; for EVT_PDU_SENT.

        Parameters
        ----------
        event : pynetdicom.evt.Event
        """
        if not self._unanswered:
            return
        items = getattr(event.pdu, "presentation_data_value_items", ())
        if any(_ANSWER in item.presentation_data_value for item in items):
            with self._changed:
                self._unanswered -= 1
                self._changed.notify_all()

    def release(self, association: Any) -> None:
        """Release the association once all reports are answered.

        Parameters
        ----------
        association : pynetdicom.association.Association
        """
        with self._changed:
            self._changed.wait_for(lambda: self._unanswered <= 0, self._timeout_s)
            self._is_releasing = True
        try:
            association.release()
        finally:
            with self._changed:
                self._is_released = True
                self._changed.notify_all()
