"""One association: who asks is let in or not, and is served until one of the two ends it.

References
----------
PS3.8 9.2 Upper Layer State Machine: the half of who accepts.
"""

import math
import time
from collections.abc import Callable
from typing import Final

import structlog

from daemon.network.receiving import association_reply as replies
from daemon.network.receiving.association_reply import Abort, Rejection
from daemon.network.receiving.association_request import AssociationRequest, read_request
from daemon.network.receiving.connection import Connection, Ended, UnrecognizedPdu
from daemon.network.receiving.dialogue import Dialogue
from daemon.network.receiving.elements import MalformedMessage
from daemon.network.receiving.handshake import explain_first_byte, explain_handshake
from daemon.network.receiving.sop_classes import transfer_syntaxes_of
from daemon.network.receiving.terms import Peer, Terms

_log = structlog.get_logger()
ARTIM_S: Final = 10.0
"""For a peer that connected to say what it wants."""


class Association:
    """One peer, from its connection to its end.

    Parameters
    ----------
    connection : Connection
    address : str
        Of the peer.
    terms : Terms
    is_encrypted : bool
        It came by TLS.
    clock : callable, optional
        Monotonic, seconds.
    """

    def __init__(
        self,
        connection: Connection,
        address: str,
        terms: Terms,
        *,
        is_encrypted: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection = connection
        self._address = address
        self._terms = terms
        self._is_encrypted = is_encrypted
        self._clock = clock
        self._began = self._done_at = clock()
        self._done_bytes = 0
        self._dialogue: Dialogue | None = None
        self._gave_way: str | None = None

    def serve(self) -> None:
        """Serve the peer to the end; whatever it sends, nothing is raised."""
        reason = "released"
        try:
            if self._shake_hands() and self._negotiate():
                while self._take():
                    pass
        except Ended as end:
            reason = end.reason
            self._abort(Abort.BY_USER)
        except UnrecognizedPdu as pdu:
            reason = "malformed"
            self._abort(Abort.UNRECOGNIZED_PDU)
            if self._dialogue is None:
                self._say_why_not("request", *explain_first_byte(pdu.kind))
        except MalformedMessage as error:
            reason = "malformed"
            self._abort(Abort.INVALID_PARAMETER)
            if self._dialogue is None:
                self._say_why_not("request", str(error), "a fault of the peer, or it is no DICOM peer")
        except OSError:
            reason = "broken"
        finally:
            self._end(reason)

    def _end(self, reason: str) -> None:
        self._terms.slots.leave(self)
        self._connection.close()
        if self._dialogue is None:
            return
        self._dialogue.discard()
        self._dialogue.note.end()
        self._terms.tally.took(self._connection.received - self._done_bytes)
        self._terms.tally.ended(self._gave_way or reason)
        _log.info(
            "association_ended",
            calling_ae=self._dialogue.peer.ae_title,
            address=self._address,
            reason=self._gave_way or reason,
            stored=self._dialogue.stored,
            refused=self._dialogue.refused,
            received_bytes=self._connection.received,
            seconds=round(self._clock() - self._began, 3),
        )

    def _abort(self, why: Abort) -> None:
        self._connection.cut(why.pdu)  # also where another thread is at it: who comes first, says it

    def pace(self) -> tuple[float, float]:
        """Return seconds and bytes per second since the last message was done, or it connected.

        Returns
        -------
        tuple of (float, float)
            Infinitely fast while it waits for us.
        """
        age = self._clock() - self._done_at
        if self._dialogue is not None and self._dialogue.is_finishing:
            return age, math.inf
        return age, (self._connection.received - self._done_bytes) / max(age, 0.001)

    def give_way(self, reason: str) -> None:
        """End it, from another thread.

        Parameters
        ----------
        reason : str
            A word for the log.
        """
        self._gave_way = reason
        self._connection.cut(Abort.BY_USER.pdu)

    def stop_if_idle(self) -> None:
        """End it, from another thread, unless a message is under way."""
        if self._dialogue is None or (self._dialogue.is_idle and not self._dialogue.is_finishing):
            self.give_way("stopping")

    def _shake_hands(self) -> bool:
        try:
            self._connection.open()
        except OSError as error:
            self._say_why_not("tls", *explain_handshake(error))
            return False
        return True

    def _say_why_not(self, step: str, error: str, remedy: str) -> None:
        """Say why a connection became no association."""
        self._terms.tally.rejected(step)
        if self._gave_way is None:
            _log.warning("association_failed", address=self._address, step=step, error=error, remedy=remedy)

    def _negotiate(self) -> bool:
        """Read what is asked for, and answer; return whether there is an association now."""
        kind, body = self._connection.read_pdu()
        if kind != replies.ASSOCIATE_RQ:
            raise MalformedMessage("a peer began with something else than an association request")
        request = read_request(bytes(body))
        rejection = self._rejection(request)
        if rejection is not None:
            self._terms.tally.rejected(rejection.name.lower())
            _log.warning(
                "association_rejected",
                calling_ae=_printable(request.calling_ae),
                called_ae=_printable(request.called_ae),
                address=self._address,
                reason=rejection.words,
            )
            self._connection.send(rejection.pdu)
            return False
        self._accept(request)
        return True

    def _rejection(self, request: AssociationRequest) -> Rejection | None:
        if not request.speaks_version_1:
            return Rejection.PROTOCOL_VERSION
        if request.application_context != replies.APPLICATION_CONTEXT:
            return Rejection.APPLICATION_CONTEXT
        if not self._terms.allowed(request.calling_ae, self._address):
            return Rejection.CALLING_AE
        if request.called_ae != self._terms.ae_title:
            return Rejection.CALLED_AE
        if self._terms.stopping.is_set():
            return Rejection.STOPPING
        return None if self._terms.slots.take(self) else Rejection.FULL

    def _accept(self, request: AssociationRequest) -> None:
        accepted = replies.accepted_contexts(request, self._taken)
        implementation = (request.implementation_class_uid, request.implementation_version_name)
        peer = Peer(
            request.calling_ae, self._address, implementation, request.maximum_length, self._is_encrypted
        )
        if not accepted:
            _log.warning("association_without_context", calling_ae=peer.ae_title, address=self._address)
        self._dialogue = Dialogue(peer, accepted, self._terms, self._connection.send)
        self._terms.tally.opened()
        self._connection.negotiated(self._terms.silence_s, self._terms.longest_s)
        self._connection.send(replies.accept(request, accepted, self._taken))
        self._done()

    def _taken(self, sop_class_uid: str) -> frozenset[str]:
        return transfer_syntaxes_of(sop_class_uid, commits=self._terms.commitments is not None)

    def _take(self) -> bool:
        """Take one PDU; return whether another is awaited."""
        kind, body = self._connection.read_pdu()
        if self._connection.received > self._terms.max_bytes:
            raise Ended("too_many_bytes")
        if kind == replies.RELEASE_RQ:
            self._connection.send(replies.RELEASE_REPLY)
            return False
        if kind == replies.ABORT:
            raise Ended("aborted")
        if kind != replies.P_DATA or self._dialogue is None:
            raise MalformedMessage("a PDU came that does not belong here")
        if self._dialogue.take(body):
            self._done()
            if self._terms.stopping.is_set():
                raise Ended("stopping")
        return True

    def _done(self) -> None:
        self._terms.tally.took(self._connection.received - self._done_bytes)
        self._done_at, self._done_bytes = self._clock(), self._connection.received


def _printable(text: str) -> str:
    """Return what a stranger wrote where a title belongs, as a log can hold it."""
    return "".join(one if "\x20" <= one <= "\x7e" else "?" for one in text)[:16]
