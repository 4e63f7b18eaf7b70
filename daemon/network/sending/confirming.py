"""Whether a DICOM peer has what it answered to have stored: by storage commitment, else by a query.

An archive that commits itself answers by a report: on the same association, or on one that it opens, to
where we listen (`commitments`). Without a report in time it is asked by C-FIND.

References
----------
PS3.4 J Storage Commitment Service Class, PS3.4 C.6.2 Study Root Query/Retrieve Information Model.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydicom import Dataset
from pydicom.uid import generate_uid
from pynetdicom import build_context

from daemon.network.sending.association import Line, associated
from daemon.network.sending.commitments import PUSH_MODEL, CommitmentReport, Reports, take_report
from daemon.network.sending.entries import Entry, State
from daemon.network.sending.failure import Failure, PeerFailed, Presence
from daemon.network.sending.header import header_of

if TYPE_CHECKING:
    from pynetdicom.association import Association

_PUSH_INSTANCE: Final = "1.2.840.10008.1.20.1.1"
_FIND: Final = "1.2.840.10008.5.1.4.1.2.2.1"  # Study Root
_REQUEST: Final = 1  # action type: request storage commitment
_OK: Final = 0x0000
_NO_SUCH_INSTANCE: Final = 0x0112
_MOST_FOUND: Final = 1000
"""Answers to one query, of which one is wanted."""
_PENDING: Final = (0xFF00, 0xFF01)


class Confirming:
    """How a DICOM peer is asked.

    Parameters
    ----------
    reports : Reports
        Of storage commitment, from whichever association they come.
    wait_s : float
        For reports, seconds.
    """

    def __init__(self, reports: Reports, *, wait_s: float) -> None:
        self._reports = reports
        self._wait_s = wait_s

    def ask(self, line: Line, batch: Sequence[Entry]) -> dict[Entry, Presence]:
        """Ask whether a peer has objects.

        Parameters
        ----------
        line : Line
        batch : sequence of Entry

        Returns
        -------
        dict of Entry to Presence
            ``NOT_OFFERED`` for all, where it offers neither way.

        Raises
        ------
        PeerFailed
            It could not be asked.
        """
        known = self._reports.take_late([entry.sop_instance_uid for entry in batch])
        late = {entry: Presence.THERE for entry in batch if entry.sop_instance_uid in known}
        left = [entry for entry in batch if entry not in late]
        try:
            return late | (self._ask(line, left) if left else {})
        except RuntimeError:  # so pynetdicom says that the association ended before it was asked
            raise PeerFailed(_no_answer()) from None

    def _ask(self, line: Line, batch: Sequence[Entry]) -> dict[Entry, Presence]:
        wanted = (PUSH_MODEL, _FIND)
        headers = {entry: header_of(entry) for entry in batch}
        has_nothing_else = _nothing_new(batch[0].folder)
        with associated(line, [build_context(one) for one in wanted], self._take) as association:
            offered = {context.abstract_syntax for context in association.accepted_contexts}
            if not offered:
                return dict.fromkeys(batch, Presence.NOT_OFFERED)
            answers: dict[Entry, Presence] = dict.fromkeys(batch, Presence.UNKNOWN)
            if PUSH_MODEL in offered:
                answers |= self._committed(association, headers, has_nothing_else)
            if _FIND in offered:
                for entry, presence in answers.items():
                    if presence is Presence.UNKNOWN:
                        answers[entry] = _found(association, headers[entry])
            return answers

    def _take(self, event: Any) -> tuple[int, None]:
        return take_report(event, self._reports)

    def _committed(
        self,
        association: "Association",
        headers: Mapping[Entry, Dataset],
        has_nothing_else: Callable[[], bool],
    ) -> dict[Entry, Presence]:
        """Have the peer commit itself, and wait for its report; without one it stays unknown."""
        request = Dataset()
        request.TransactionUID = generate_uid()
        request.ReferencedSOPSequence = [_reference(header) for header in headers.values() if header]
        transaction = str(request.TransactionUID)
        self._reports.expect(transaction)
        status, _ = association.send_n_action(request, _REQUEST, PUSH_MODEL, _PUSH_INSTANCE)
        if "Status" not in status or status.Status != _OK:
            return {}
        report = self._reports.wait_for(
            transaction, self._wait_s, lambda: association.is_established and has_nothing_else()
        )
        if report is None:
            return {}
        return {entry: _presence(report, entry.sop_instance_uid) for entry in headers}


def _nothing_new(folder: Path) -> Callable[[], bool]:
    """Give what says whether nothing more waits for a destination than now: what is new waits for no report.

    A report that comes later than that is known when its objects are asked for again.
    """

    def names() -> frozenset[str]:
        return frozenset(os.listdir(folder / State.WAITING))

    before = names()
    return lambda: names() <= before


def _presence(report: CommitmentReport, sop_instance_uid: str) -> Presence:
    """Say what a report says of an object; it may have failed for a reason that is not its absence."""
    if sop_instance_uid in report.committed:
        return Presence.THERE
    is_absent = report.failed.get(sop_instance_uid, 0) in (0, _NO_SUCH_INSTANCE)
    return Presence.MISSING if is_absent else Presence.UNKNOWN


def _reference(header: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = header.SOPClassUID
    item.ReferencedSOPInstanceUID = header.SOPInstanceUID
    return item


def _found(association: "Association", header: Dataset) -> Presence:
    """Ask for one object, by all its keys: a peer need not find one without those above it."""
    if not header:
        return Presence.MISSING
    query = Dataset()
    query.QueryRetrieveLevel = "IMAGE"
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        setattr(query, keyword, header[keyword].value)
    presence = Presence.MISSING
    if not association.is_established:
        raise PeerFailed(_no_answer())
    for number, (status, found) in enumerate(association.send_c_find(query, _FIND)):
        if number >= _MOST_FOUND:
            association.abort()  # to release it, its answers would have to be waited for
        if "Status" not in status or number >= _MOST_FOUND:
            raise PeerFailed(_no_answer())
        if status.Status in _PENDING:
            if found is not None and found.get("SOPInstanceUID") == header.SOPInstanceUID:
                presence = Presence.THERE
        elif status.Status != _OK:
            raise PeerFailed(
                Failure(
                    "confirm",
                    f"the peer cannot be asked for objects (0x{status.Status:04X})",
                    "see the peer's log: may our AE title query it?",
                )
            )
    return presence


def _no_answer() -> Failure:
    return Failure(
        "confirm", "the association ended while the peer was asked for objects", "see the peer's log"
    )
