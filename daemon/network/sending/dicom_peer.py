"""A DICOM peer: objects are stored by C-STORE, one association a batch.

References
----------
PS3.4 B Storage Service Class, PS3.7 9.1.1 C-STORE.
"""

import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

from pydicom import dcmread
from pydicom.errors import InvalidDicomError
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import _config, build_context

from daemon.network.sending.association import Line, associated
from daemon.network.sending.confirming import Confirming
from daemon.network.sending.entries import Entry
from daemon.network.sending.failure import Answer, Failure, PeerFailed, Presence, Verdict
from daemon.network.sending.header import header_of
from daemon.network.sending.statuses import judge_status

if TYPE_CHECKING:
    from pynetdicom.association import Association

_SYNTAXES: Final = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
_ENDED: Final = Failure(
    "store",
    "the peer ended the association while an object was sent",
    "see the peer's log: does it know our AE title (the setting `ae_title`), and has it room?",
)
_SILENT: Final = Failure(
    "store",
    "the peer was silent for send_timeout_s after an object was sent",
    "see the peer's log; if it is only slow, raise send_timeout_s",
)
_DAMAGED: Final = Answer(
    Verdict.REFUSED,
    Failure(
        "store",
        "the file in the outbox was damaged",
        "check the disk; remove the file, then `inboxray resend SCAN` makes it anew",
    ),
)


class DicomPeer:
    """A peer that stores, and may be asked.

    Parameters
    ----------
    line : Line
    confirming : Confirming
        How it is asked whether it has objects.
    """

    def __init__(self, line: Line, confirming: Confirming) -> None:
        self._line = line
        self._confirming = confirming

    def send(self, batch: Sequence[Entry], report: Callable[[Entry, Answer], bool]) -> None:
        """Send objects, as `Peer`: by one association, with presentation contexts for what is sent alone."""
        classes = {entry: str(header_of(entry).get("SOPClassUID", "")) for entry in batch}
        damaged = [entry for entry in batch if not classes[entry]]
        if not all(report(entry, _DAMAGED) for entry in damaged) or len(damaged) == len(batch):
            return
        contexts = [build_context(one, list(_SYNTAXES)) for one in sorted(set(classes.values()) - {""})]
        with associated(self._line, contexts) as association:
            taken = {context.abstract_syntax: context for context in association.accepted_contexts}
            for entry in (one for one in batch if classes[one]):
                context = taken.get(classes[entry])  # type: ignore[call-overload]
                if context is None:
                    answer = _no_context(entry)
                else:
                    is_raw = context.transfer_syntax[0] == ExplicitVRLittleEndian
                    answer = _store(association, entry, is_raw=is_raw)
                goes_on = report(entry, answer)
                if answer.failure in (_ENDED, _SILENT):
                    raise PeerFailed(answer.failure)
                if not goes_on:
                    return

    def ask(self, batch: Sequence[Entry]) -> dict[Entry, Presence]:
        """Ask whether the peer has objects, as `Peer`."""
        return self._confirming.ask(self._line, batch)

    def close(self) -> None:
        """Do nothing: each association was released."""


def _store(association: "Association", entry: Entry, *, is_raw: bool) -> Answer:
    """Send one object: as its bytes are, or written anew for a peer that takes implicit VR alone."""
    _send_files_as_they_are()
    began = time.monotonic()
    try:
        status = association.send_c_store(entry.path if is_raw else dcmread(entry.path))
    except RuntimeError:  # the association ended since the last answer
        return Answer(Verdict.NOT_NOW, _ENDED)
    except (ValueError, AttributeError, InvalidDicomError):  # what is behind a sound header cannot be read
        return _DAMAGED
    if "Status" not in status:
        is_late = time.monotonic() - began >= (association.dimse_timeout or 0.0)
        return Answer(Verdict.NOT_NOW, _SILENT if is_late else _ENDED)
    return judge_status(status.Status)


@cache
def _send_files_as_they_are() -> None:
    """Let pynetdicom read a file piece by piece while it sends; else it parses and writes it anew."""
    _config.STORE_SEND_CHUNKED_DATASET = True


def _no_context(entry: Entry) -> Answer:
    return Answer(
        Verdict.REFUSED,
        Failure(
            "context",
            f"the peer takes no objects of this kind ({entry.kind})",
            "let it take their SOP class, then `inboxray resend`; or leave the kind out of `dicom_results`",
        ),
    )
