"""What is answered to a peer on the upper layer: accept, reject, release, abort.

References
----------
PS3.8 9.3.3 to 9.3.8, 7.1.1.9 Diagnostic.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from daemon.network.receiving.association_request import AssociationRequest

APPLICATION_CONTEXT: Final = "1.2.840.10008.3.1.1.1"
IMPLEMENTATION_CLASS_UID: Final = "2.25.374322959595969890365243531157042099"  # a UUID, made once
IMPLEMENTATION_VERSION_NAME: Final = "INBOXRAY"
LONGEST_PDU: Final = 131_072
"""Bytes of a P-DATA-TF that a peer may send: as many as DCMTK can."""

ASSOCIATE_RQ, P_DATA, RELEASE_RQ, ABORT = 0x01, 0x04, 0x05, 0x07
RELEASE_REPLY: Final = struct.pack(">BxIxxxx", 0x06, 4)

_ACCEPTED, _NO_ABSTRACT_SYNTAX, _NO_TRANSFER_SYNTAX = 0, 3, 4


class Rejection(Enum):
    """Why an association is rejected: result, source, reason; and in words."""

    CALLING_AE = (1, 1, 3, "calling AE title or its address not in receive_from")
    CALLED_AE = (1, 1, 7, "called AE title is not ae_title")
    APPLICATION_CONTEXT = (1, 1, 2, "application context not supported")
    PROTOCOL_VERSION = (1, 2, 2, "protocol version not supported")
    FULL = (2, 3, 2, "as many associations as receive_associations are open")
    STOPPING = (2, 3, 1, "the receiver is stopping")

    @property
    def pdu(self) -> bytes:
        """The A-ASSOCIATE-RJ."""
        return struct.pack(">BxIxBBB", 0x03, 4, *self.value[:3])

    @property
    def words(self) -> str:
        """What the log says."""
        return self.value[3]


class Abort(Enum):
    """Why an association is aborted: source, reason."""

    BY_USER = (0, 0)
    UNRECOGNIZED_PDU = (2, 1)
    UNEXPECTED_PDU = (2, 2)
    INVALID_PARAMETER = (2, 6)

    @property
    def pdu(self) -> bytes:
        """The A-ABORT."""
        return struct.pack(">BxIxxBB", ABORT, 4, *self.value)


@dataclass(frozen=True, slots=True)
class AcceptedContext:
    """A presentation context on which a peer may send."""

    abstract_syntax: str
    transfer_syntax: str


def accepted_contexts(
    request: AssociationRequest, transfer_syntaxes_of: Callable[[str], frozenset[str]]
) -> dict[int, AcceptedContext]:
    """Choose the contexts that are accepted, each with the first transfer syntax of the peer that is known.

    Parameters
    ----------
    request : AssociationRequest
    transfer_syntaxes_of : callable
        Gives the transfer syntaxes that are taken for a SOP class; none for one that is not.

    Returns
    -------
    dict of int and AcceptedContext
    """
    accepted = {}
    for context in request.contexts:
        known = transfer_syntaxes_of(context.abstract_syntax)
        chosen = next((one for one in context.transfer_syntaxes if one in known), None)
        if chosen is not None:
            accepted[context.context_id] = AcceptedContext(context.abstract_syntax, chosen)
    return accepted


def accept(
    request: AssociationRequest,
    accepted: Mapping[int, AcceptedContext],
    transfer_syntaxes_of: Callable[[str], frozenset[str]],
) -> bytes:
    """Write the A-ASSOCIATE-AC.

    Parameters
    ----------
    request : AssociationRequest
    accepted : mapping of int and AcceptedContext
        Of `accepted_contexts`; all others are refused, each with its reason.
    transfer_syntaxes_of : callable
        As of `accepted_contexts`.

    Returns
    -------
    bytes
    """
    items = _item(0x10, APPLICATION_CONTEXT.encode())
    for context in request.contexts:
        chosen = accepted.get(context.context_id)
        if chosen is not None:
            result = _ACCEPTED
        else:
            is_known = bool(transfer_syntaxes_of(context.abstract_syntax))
            result = _NO_TRANSFER_SYNTAX if is_known else _NO_ABSTRACT_SYNTAX
        syntax = chosen.transfer_syntax if chosen is not None else "1.2.840.10008.1.2"
        head = struct.pack(">BxBx", context.context_id, result)
        items += _item(0x21, head + _item(0x40, syntax.encode()))
    items += _item(0x50, _user_information(request, accepted))
    body = struct.pack(">Hxx", 1) + request.echoed + items
    return struct.pack(">BxI", 0x02, len(body)) + body


def _user_information(request: AssociationRequest, accepted: Mapping[int, AcceptedContext]) -> bytes:
    parts = _item(0x51, struct.pack(">I", LONGEST_PDU)) + _item(0x52, IMPLEMENTATION_CLASS_UID.encode())
    taken = {context.abstract_syntax for context in accepted.values()}
    # A peer may act as the SCU alone: nothing is sent to it but reports. One for each SOP class has room.
    for sop_class_uid, is_scu in {role.sop_class_uid: role.is_scu for role in request.roles}.items():
        if sop_class_uid in taken:
            uid = sop_class_uid.encode()
            parts += _item(0x54, struct.pack(">H", len(uid)) + uid + bytes([is_scu, False]))
    return parts + _item(0x55, IMPLEMENTATION_VERSION_NAME.encode())


def _item(kind: int, value: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(value)) + value
