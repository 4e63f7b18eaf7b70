"""The start of a data set as it came: whether it names the SOP class and instance of the command.

Nothing is decoded: a few lengths are followed, in the first bytes only.

References
----------
PS3.5 7.1, 7.3 Big Endian, A.5 Deflated; PS3.3 C.12.1 SOP Common Module.
"""

import struct
import zlib
from typing import Final

from daemon.network.receiving.commands import Status
from daemon.network.receiving.elements import LONG_LENGTH, uid_in
from daemon.network.receiving.sop_classes import IMPLICIT

LOOKED_AT: Final = 4096
"""Bytes that are looked at: the two UIDs stand among the first elements."""

_BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
_DEFLATED: Final = "1.2.840.10008.1.2.1.99"
_UNDEFINED: Final = 0xFFFFFFFF
_SOP_CLASS_UID, _SOP_INSTANCE_UID = 0x00080016, 0x00080018


def judge_start(start: bytes, transfer_syntax_uid: str, sop_class_uid: str, sop_instance_uid: str) -> Status:
    """Say whether the start of a data set is one, and is of the instance that the command names.

    Parameters
    ----------
    start : bytes
        Up to `LOOKED_AT` of it.
    transfer_syntax_uid : str
    sop_class_uid, sop_instance_uid : str
        Of the command.

    Returns
    -------
    Status
        SUCCESS, also where the start is too short for a verdict; DOES_NOT_MATCH or CANNOT_UNDERSTAND.
    """
    if transfer_syntax_uid == _DEFLATED:
        try:
            start = zlib.decompressobj(-zlib.MAX_WBITS).decompress(start, LOOKED_AT)
        except zlib.error:
            return Status.CANNOT_UNDERSTAND
    order = ">" if transfer_syntax_uid == _BIG_ENDIAN else "<"
    wanted = {_SOP_CLASS_UID: sop_class_uid, _SOP_INSTANCE_UID: sop_instance_uid}
    at, before = 0, 0
    while len(start) - at >= 8:
        head = _head(start, at, order, is_explicit=transfer_syntax_uid != IMPLICIT)
        if head is None or head[0] <= before or head[0] < 0x00080000:
            return Status.CANNOT_UNDERSTAND
        tag, length, at = head
        before = tag
        if tag > _SOP_INSTANCE_UID:
            return Status.DOES_NOT_MATCH if wanted else Status.SUCCESS
        if length == _UNDEFINED:
            return Status.SUCCESS  # a sequence, which is not followed
        if length > len(start) - at:
            break
        if tag in wanted and uid_in(start[at : at + length]) != wanted.pop(tag):
            return Status.DOES_NOT_MATCH
        at += length
    return Status.SUCCESS if len(start) >= LOOKED_AT or not wanted else Status.CANNOT_UNDERSTAND


def _head(start: bytes, at: int, order: str, *, is_explicit: bool) -> tuple[int, int, int] | None:
    """Read an element's tag and length, and where its value begins; None if that is no element."""
    group, element = struct.unpack_from(order + "HH", start, at)
    tag = group << 16 | element
    if not is_explicit:
        return tag, struct.unpack_from(order + "I", start, at + 4)[0], at + 8
    vr = start[at + 4 : at + 6]
    if not (vr.isalpha() and vr.isupper()):
        return None
    if vr not in LONG_LENGTH:
        return tag, struct.unpack_from(order + "H", start, at + 6)[0], at + 8
    if len(start) - at < 12:
        return tag, len(start), at + 8
    return tag, struct.unpack_from(order + "I", start, at + 8)[0], at + 12
