"""What a peer asks for when it opens an association: A-ASSOCIATE-RQ.

References
----------
PS3.8 9.3.2 A-ASSOCIATE-RQ PDU Structure, PS3.7 D.3 Association User Information.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from daemon.network.receiving.elements import MalformedMessage

_FIXED_BYTES: Final = 68
_APPLICATION_CONTEXT, _CONTEXT, _USER_INFORMATION = 0x10, 0x20, 0x50
_ABSTRACT_SYNTAX, _TRANSFER_SYNTAX = 0x30, 0x40
_MAXIMUM_LENGTH, _IMPLEMENTATION_UID, _ROLE, _IMPLEMENTATION_VERSION = 0x51, 0x52, 0x54, 0x55


@dataclass(frozen=True, slots=True)
class ProposedContext:
    """A presentation context that is proposed.

    Attributes
    ----------
    context_id : int
        Odd.
    abstract_syntax : str
        UID of a SOP class.
    transfer_syntaxes : tuple of str
        In the peer's order.
    """

    context_id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Role:
    """The roles in which a peer offers to act for a SOP class."""

    sop_class_uid: str
    is_scu: bool
    is_scp: bool


@dataclass(frozen=True, slots=True)
class AssociationRequest:
    """What was asked for.

    Attributes
    ----------
    called_ae, calling_ae : str
        Titles without padding; whatever the peer wrote.
    echoed : bytes
        The 64 bytes of titles and reserved fields, which the answer repeats.
    application_context : str
    speaks_version_1 : bool
        Of the upper layer protocol.
    contexts : tuple of ProposedContext
    maximum_length : int
        Of the PDUs that the peer takes, bytes; 0: any.
    implementation_class_uid, implementation_version_name : str
        Of the peer; empty where it names none.
    roles : tuple of Role
    """

    called_ae: str
    calling_ae: str
    echoed: bytes
    application_context: str
    speaks_version_1: bool
    contexts: tuple[ProposedContext, ...]
    maximum_length: int
    implementation_class_uid: str
    implementation_version_name: str
    roles: tuple[Role, ...]


def read_request(body: bytes) -> AssociationRequest:
    """Read an A-ASSOCIATE-RQ.

    Parameters
    ----------
    body : bytes
        Of the PDU, behind type and length.

    Returns
    -------
    AssociationRequest

    Raises
    ------
    MalformedMessage
        It is cut, has no context, or numbers them as it may not.
    """
    if len(body) < _FIXED_BYTES:
        raise MalformedMessage("an association request is cut")
    contexts: list[ProposedContext] = []
    application_context = ""
    user: list[tuple[int, bytes]] = []
    for kind, value in _items(body, _FIXED_BYTES):
        if kind == _APPLICATION_CONTEXT:
            application_context = _text(value)
        elif kind == _CONTEXT:
            contexts.append(_context(value))
        elif kind == _USER_INFORMATION:
            user.extend(_items(value, 0))
    numbers = [context.context_id for context in contexts]
    if not numbers or len(set(numbers)) < len(numbers) or any(number % 2 == 0 for number in numbers):
        raise MalformedMessage("presentation contexts are missing, or numbered as they may not be")
    last = dict(user)
    maximum = last.get(_MAXIMUM_LENGTH, b"\0\0\0\0")
    return AssociationRequest(
        called_ae=_text(body[4:20]),
        calling_ae=_text(body[20:36]),
        echoed=bytes(body[4:_FIXED_BYTES]),
        application_context=application_context,
        speaks_version_1=bool(body[1] & 1),
        contexts=tuple(contexts),
        maximum_length=int.from_bytes(maximum, "big") if len(maximum) == 4 else 0,
        implementation_class_uid=_text(last.get(_IMPLEMENTATION_UID, b"")),
        implementation_version_name=_text(last.get(_IMPLEMENTATION_VERSION, b"")),
        roles=tuple(_role(value) for kind, value in user if kind == _ROLE),
    )


def _items(data: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Yield the type and the value of each item."""
    while at < len(data):
        if len(data) - at < 4:
            raise MalformedMessage("an item is cut")
        kind, _, length = struct.unpack_from(">BBH", data, at)
        at += 4
        if length > len(data) - at:
            raise MalformedMessage("an item reaches past the end")
        yield kind, bytes(data[at : at + length])
        at += length


def _context(value: bytes) -> ProposedContext:
    if len(value) < 4:
        raise MalformedMessage("a presentation context is cut")
    items = list(_items(value, 4))
    abstract = [_text(uid) for kind, uid in items if kind == _ABSTRACT_SYNTAX]
    transfer = tuple(_text(uid) for kind, uid in items if kind == _TRANSFER_SYNTAX)
    if len(abstract) != 1 or not transfer:
        raise MalformedMessage("a presentation context has no abstract syntax, or no transfer syntax")
    return ProposedContext(value[0], abstract[0], transfer)


def _role(value: bytes) -> Role:
    length = int.from_bytes(value[:2], "big")
    if len(value) != length + 4:
        raise MalformedMessage("a role selection is cut")
    return Role(_text(value[2:-2]), is_scu=bool(value[-2]), is_scp=bool(value[-1]))


def _text(value: bytes) -> str:
    """Return text without padding; what is no ASCII stays visible as such."""
    return bytes(value).decode("ascii", errors="replace").strip("\0 ")
