"""Command sets of DIMSE messages: what a peer commands, and what is answered with which status.

References
----------
PS3.7 9.1 DIMSE-C, 10.1 DIMSE-N, C Status Type Encoding, E.1 Command Dictionary; PS3.4 B.2.3 Statuses.
"""

import struct
from dataclasses import dataclass
from enum import Enum
from typing import Final

from daemon.network.receiving.elements import (
    MalformedMessage,
    implicit,
    number_of,
    read_elements,
    uid_of,
)

C_STORE, C_ECHO, N_ACTION, N_EVENT_REPORT, C_CANCEL = 0x0001, 0x0030, 0x0130, 0x0100, 0x0FFF
REPLY: Final = 0x8000
_NO_DATA_SET: Final = 0x0101
_WITH_DATA_SET: Final = 0x0001
_LONGEST_COMMENT: Final = 64

_LENGTH, _AFFECTED_CLASS, _REQUESTED_CLASS, _FIELD = 0x00000000, 0x00000002, 0x00000003, 0x00000100
_MESSAGE_ID, _REPLIED_ID, _DATA_SET, _STATUS = 0x00000110, 0x00000120, 0x00000800, 0x00000900
_COMMENT, _AFFECTED_INSTANCE, _REQUESTED_INSTANCE = 0x00000902, 0x00001000, 0x00001001
_EVENT_TYPE, _ACTION_TYPE = 0x00001002, 0x00001008


class Status(Enum):
    """What is answered: the status, and what it says in words that hold nothing of a patient."""

    SUCCESS = (0x0000, "")
    PROCESSING_FAILURE = (0x0110, "the inbox cannot be written")
    NO_SUCH_INSTANCE = (0x0112, "no such SOP instance")
    INVALID_ARGUMENT = (0x0115, "the transaction or its references are malformed")
    INVALID_INSTANCE = (0x0117, "SOP Instance UID is no UID")
    SOP_CLASS_NOT_SUPPORTED = (0x0122, "SOP class is not that of the presentation context")
    NO_SUCH_ACTION = (0x0123, "no such action")
    UNRECOGNIZED_OPERATION = (0x0211, "operation is not supported")
    RESOURCE_LIMITATION = (0x0213, "too many commitments are waiting")
    OUT_OF_RESOURCES = (0xA700, "no room on the disk of the inbox")
    TOO_LARGE = (0xA702, "data set is larger than max_file_mb")
    DOES_NOT_MATCH = (0xA900, "data set has other UIDs than the command")
    CANNOT_UNDERSTAND = (0xC000, "no data set that can be understood")

    @property
    def code(self) -> int:
        """The number on the wire."""
        return self.value[0]

    @property
    def words(self) -> str:
        """The Error Comment."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Command:
    """What a peer commands, or answers.

    Attributes
    ----------
    field : int
        Kind of message, such as `C_STORE`.
    message_id : int
        Of a reply: that of the message that it answers.
    sop_class_uid, sop_instance_uid : str or None
        Affected or requested.
    has_data_set : bool
    action_type : int or None
        Of N-ACTION.
    status : int or None
        Of a reply.
    """

    field: int
    message_id: int
    sop_class_uid: str | None
    sop_instance_uid: str | None
    has_data_set: bool
    action_type: int | None = None
    status: int | None = None


def read_command(data: bytes) -> Command:
    """Read a command set.

    Parameters
    ----------
    data : bytes
        Implicit VR Little Endian.

    Returns
    -------
    Command

    Raises
    ------
    MalformedMessage
        It does not say what it commands, or which message it is.
    """
    elements = read_elements(data, is_explicit=False)
    field, data_set = number_of(elements, _FIELD), number_of(elements, _DATA_SET)
    if field is None or data_set is None:
        raise MalformedMessage("a command set does not say what it commands")
    message_id = number_of(elements, _REPLIED_ID if field & REPLY or field == C_CANCEL else _MESSAGE_ID)
    if message_id is None:
        raise MalformedMessage("a command has no message id")
    is_requested = field == N_ACTION
    return Command(
        field=field,
        message_id=message_id,
        sop_class_uid=uid_of(elements, _REQUESTED_CLASS if is_requested else _AFFECTED_CLASS),
        sop_instance_uid=uid_of(elements, _REQUESTED_INSTANCE if is_requested else _AFFECTED_INSTANCE),
        has_data_set=data_set != _NO_DATA_SET,
        action_type=number_of(elements, _ACTION_TYPE),
        status=number_of(elements, _STATUS),
    )


def reply(command: Command, status: Status) -> bytes:
    """Write the command set that answers a command.

    Parameters
    ----------
    command : Command
    status : Status

    Returns
    -------
    bytes
    """
    parts = b""
    if command.sop_class_uid is not None:
        parts += implicit(_AFFECTED_CLASS, command.sop_class_uid.encode())
    parts += _number(_FIELD, command.field | REPLY) + _number(_REPLIED_ID, command.message_id)
    parts += _number(_DATA_SET, _NO_DATA_SET) + _number(_STATUS, status.code)
    if status is not Status.SUCCESS:
        parts += implicit(_COMMENT, status.words.encode()[:_LONGEST_COMMENT], b" ")
    if command.sop_instance_uid is not None:
        parts += implicit(_AFFECTED_INSTANCE, command.sop_instance_uid.encode())
    if command.field == N_ACTION and command.action_type is not None:
        parts += _number(_ACTION_TYPE, command.action_type)
    return _with_length(parts)


def event_report(message_id: int, event_type: int, sop_class_uid: str, sop_instance_uid: str) -> bytes:
    """Write the command set of an N-EVENT-REPORT-RQ, which a data set follows.

    Parameters
    ----------
    message_id, event_type : int
    sop_class_uid, sop_instance_uid : str
        Affected.

    Returns
    -------
    bytes
    """
    parts = implicit(_AFFECTED_CLASS, sop_class_uid.encode()) + _number(_FIELD, N_EVENT_REPORT)
    parts += _number(_MESSAGE_ID, message_id) + _number(_DATA_SET, _WITH_DATA_SET)
    parts += implicit(_AFFECTED_INSTANCE, sop_instance_uid.encode()) + _number(_EVENT_TYPE, event_type)
    return _with_length(parts)


def p_data(context_id: int, content: bytes, *, is_command: bool, maximum_length: int) -> bytes:
    """Write P-DATA-TF PDUs that carry a command set or a data set.

    Parameters
    ----------
    context_id : int
    content : bytes
    is_command : bool
    maximum_length : int
        Of a PDU that the peer takes, bytes; 0: any.

    Returns
    -------
    bytes

    References
    ----------
    PS3.8 9.3.5, E.2 Message Control Header Encoding.
    """
    room = max(maximum_length - 6, 128) if maximum_length else len(content) or 1
    pdus = bytearray()
    for at in range(0, max(len(content), 1), room):
        fragment = content[at : at + room]
        control = is_command | (2 if at + room >= len(content) else 0)
        pdus += struct.pack(">BxIIBB", 0x04, len(fragment) + 6, len(fragment) + 2, context_id, control)
        pdus += fragment
    return bytes(pdus)


def _number(tag: int, value: int) -> bytes:
    return implicit(tag, struct.pack("<H", value))


def _with_length(parts: bytes) -> bytes:
    return implicit(_LENGTH, struct.pack("<I", len(parts))) + parts
