"""An association with a DICOM peer, or at which step none came about.

References
----------
PS3.8 9.3 (A-ASSOCIATE), PS3.7 D; tcp(7) TCP_NODELAY, TCP_QUICKACK.
"""

import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext
from pynetdicom.transport import AssociationSocket

from daemon.network.sending.checkpoint import rest_there
from daemon.network.sending.diagnose import diagnose
from daemon.network.sending.event_reports import EventReports, Handler
from daemon.network.sending.failure import Failure, PeerFailed
from daemon.settings.destinations import Destination

_NO_SUCH_EVENT_TYPE: Final = 0x0113
_USER_REJECTION: Final = 0x01
_NO_REASON: Final = 0x02
_TITLE_NOT_KNOWN: Final = "the peer does not know our AE title {own}"
_REASONS: Final = {
    (1, 3): (
        _TITLE_NOT_KNOWN,
        "enter it on the peer with the address of this machine, or change the setting `ae_title`",
    ),
    (1, 7): (
        "the peer has another AE title than {called}",
        "correct the title before the @ in `send_to`; capitals count",
    ),
    (3, 1): ("the peer has too many associations now", "nothing, if it passes; else raise its limit"),
    (3, 2): ("the peer's limit of associations is reached", "nothing, if it passes; else raise its limit"),
}
"""By source and reason of a rejection: PS3.8 table 9-21."""


@dataclass(frozen=True, slots=True)
class Line:
    """How a DICOM peer is called.

    Parameters
    ----------
    destination : Destination
    ae_title : str
        Our own.
    timeout_s : float
        For each answer, seconds.
    tls : ssl.SSLContext or None
        Of ``dicoms``.
    """

    destination: Destination
    ae_title: str
    timeout_s: float
    tls: ssl.SSLContext | None = None


class _Socket(AssociationSocket):
    """A socket that is closed, too, if no connection came about."""

    def _shutdown_socket(self) -> None:
        super()._shutdown_socket()
        if self.socket is not None:
            self.socket.close()


class _Entity(AE):
    """An application entity that leaves no socket behind."""

    def _create_socket(self, assoc: Association, address: Any, tls_args: Any) -> AssociationSocket:
        made = _Socket(assoc, address=address)
        made.tls_args = tls_args
        return made


def _begin(event: Any) -> None:
    """Let no message wait for the acknowledgement of the one before (Nagle), and no thread take answers."""
    rest_there(event)
    connection = event.assoc.dul.socket.socket
    connection.settimeout(event.assoc.dimse_timeout)  # else a peer that reads nothing holds us for ever
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _acknowledge_at_once(event: Any) -> None:
    """Let the peer's answer not wait for ours: it may hold its second packet back until then.

    The kernel forgets this option; so it is set again with each message.
    """
    event.assoc.dul.socket.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


_UNDELAYED: Final = (
    (evt.EVT_CONN_OPEN, _begin),
    (evt.EVT_DATA_SENT, _acknowledge_at_once),
    (evt.EVT_DATA_RECV, _acknowledge_at_once),
)
"""Without these an object takes 90 ms to a peer on the same machine, with them 10."""


def _refuse_report(_: Any) -> tuple[int, None]:
    return _NO_SUCH_EVENT_TYPE, None


@contextmanager
def associated(
    line: Line,
    contexts: Sequence[PresentationContext],
    on_report: Handler = _refuse_report,
    roles: Sequence[Any] = (),
) -> Iterator[Association]:
    """Have an association, which is released at the end, or aborted if that went badly.

    Parameters
    ----------
    line : Line
    contexts : sequence of PresentationContext
    on_report : callable
        Takes what the peer reports meanwhile, as pynetdicom's EVT_N_EVENT_REPORT gives it.
    roles : sequence of SCP_SCU_RoleSelectionNegotiation
        In which we want to act, where that is not that of an SCU.

    Yields
    ------
    Association
        With at least one context accepted; also if none was, as long as each was refused for what it is.

    Raises
    ------
    PeerFailed
        None came about.
    """
    entity = _Entity(ae_title=line.ae_title)
    entity.acse_timeout = entity.dimse_timeout = entity.connection_timeout = line.timeout_s
    entity.network_timeout = 2 * line.timeout_s
    peer = line.destination
    reports = EventReports(on_report, timeout_s=line.timeout_s)
    try:
        association = entity.associate(
            peer.host,
            peer.port,
            list(contexts),
            ae_title=peer.called_ae,
            max_pdu=0,  # of what the peer sends: short answers; how long ours may be is the peer's word
            tls_args=(line.tls, peer.host) if line.tls else None,
            ext_neg=list(roles),
            evt_handlers=[
                (evt.EVT_N_EVENT_REPORT, reports.take),
                (evt.EVT_PDU_SENT, reports.note_sent),
                *_UNDELAYED,
            ],
        )
    except OSError:
        raise PeerFailed(_diagnosed(line)) from None
    if not association.is_established and not association.rejected_contexts:
        raise PeerFailed(_rejection(line, association) or _diagnosed(line))
    if not association.is_established:
        _refuse_passing(association)
    try:
        yield association
    finally:
        if association.is_established:
            reports.release(association)


def _refuse_passing(association: Association) -> None:
    """Let contexts that were refused for a reason that may pass be a failure of the peer."""
    results = {context.result for context in association.rejected_contexts}
    if results & {_USER_REJECTION, _NO_REASON}:
        raise PeerFailed(
            Failure(
                "context",
                "the peer takes the association, and refuses each presentation context",
                "allow our AE title (the setting `ae_title`) to store on the peer",
            )
        )


def _rejection(line: Line, association: Association) -> Failure | None:
    answer = association.acceptor.primitive
    # A peer that closes right behind its rejection may be seen as one that aborts: its answer is there, too.
    if answer is None or not answer.result:
        return None
    source, reason = answer.result_source, answer.diagnostic
    error, remedy = _REASONS.get(
        (source or 0, reason or 0),
        (
            f"the peer refuses the association (source {source}, reason {reason})",
            "see the peer's log: does it know our AE title {own} and this machine's address?",
        ),
    )
    names = {"own": line.ae_title, "called": line.destination.called_ae}
    return Failure("associate", error.format(**names), remedy.format(**names))


def _diagnosed(line: Line) -> Failure:
    peer = line.destination
    found = diagnose(peer.host, peer.port, timeout_s=line.timeout_s, tls=line.tls)
    if found is not None:
        return found
    return Failure(
        "associate",
        f"port {peer.port} of {peer.host} takes connections, and answers no association request",
        f"check that a DICOM peer listens on that port, and that it knows our AE title {line.ae_title}"
        + ("" if line.tls else ", and without TLS: else its address begins with dicoms://"),
    )
