"""Storage commitment as bytes: what a peer asks us to stand for, and what we say about it.

References
----------
PS3.4 J.3 Storage Commitment Push Model, PS3.3 C.14.1.1 Failure Reason.
"""

import struct
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from daemon.network.receiving.elements import (
    MalformedMessage,
    explicit,
    implicit,
    read_elements,
    sequence,
    uid_of,
)

REQUEST_COMMITMENT: Final = 1
"""Action Type ID."""
ALL_HELD, FAILURES_EXIST = 1, 2
"""Event Type IDs."""
MOST_BYTES: Final = 4 << 20
"""Of a request: about thirty thousand references."""

_CLASS, _INSTANCE, _REASON = 0x00081150, 0x00081155, 0x00081197
_TRANSACTION, _FAILED, _REFERENCED = 0x00081195, 0x00081198, 0x00081199
_NO_SUCH_INSTANCE: Final = 0x0112


@dataclass(frozen=True, slots=True)
class Transaction:
    """What a peer asks us to stand for.

    Attributes
    ----------
    uid : str
    references : tuple of (str, str)
        SOP class and SOP instance of each.
    """

    uid: str
    references: tuple[tuple[str, str], ...]


def read_transaction(data: bytes, *, is_explicit: bool) -> Transaction:
    """Read the Action Information of an N-ACTION-RQ.

    Parameters
    ----------
    data : bytes
    is_explicit : bool

    Returns
    -------
    Transaction

    Raises
    ------
    MalformedMessage
        It has no Transaction UID, or no reference, or one that is none.
    """
    elements = read_elements(data, is_explicit=is_explicit)
    uid, items = uid_of(elements, _TRANSACTION), elements.get(_REFERENCED)
    if uid is None or not isinstance(items, list) or not items:
        raise MalformedMessage("a storage commitment request has no transaction, or no reference")
    references = []
    for item in items:
        sop_class, sop_instance = uid_of(item, _CLASS), uid_of(item, _INSTANCE)
        if sop_class is None or sop_instance is None:
            raise MalformedMessage("a storage commitment request refers to nothing")
        references.append((sop_class, sop_instance))
    return Transaction(uid, tuple(references))


def write_report(transaction: Transaction, held: AbstractSet[str], *, is_explicit: bool) -> tuple[int, bytes]:
    """Write the Event Information of an N-EVENT-REPORT-RQ.

    Parameters
    ----------
    transaction : Transaction
    held : set of str
        SOP instances that we stand for.
    is_explicit : bool

    Returns
    -------
    tuple of (int, bytes)
        Event Type ID, and the data set.
    """

    def uid(tag: int, value: str) -> bytes:
        return explicit(tag, b"UI", value.encode()) if is_explicit else implicit(tag, value.encode())

    reason = struct.pack("<H", _NO_SUCH_INSTANCE)
    failed_as = explicit(_REASON, b"US", reason) if is_explicit else implicit(_REASON, reason)
    good, failed = [], []
    for sop_class, sop_instance in transaction.references:
        item = uid(_CLASS, sop_class) + uid(_INSTANCE, sop_instance)
        if sop_instance in held:
            good.append(item)
        else:
            failed.append(item + failed_as)
    data = uid(_TRANSACTION, transaction.uid)
    if failed:
        data += sequence(_FAILED, failed, is_explicit=is_explicit)
    if good:
        data += sequence(_REFERENCED, good, is_explicit=is_explicit)
    return (FAILURES_EXIST if failed else ALL_HELD), data
