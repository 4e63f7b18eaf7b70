"""UIDs that follow from what they name: the same again on each run, and never drawn by chance."""

import hashlib
import uuid
from typing import Final

_FORM: Final = "inboxray DICOM results, form 1"
"""Goes into each UID: objects that are composed in another way are others, also for the same answer."""


def derived_uid(*parts: str) -> str:
    """Derive a UID from texts.

    Parameters
    ----------
    parts : str
        What the UID names; others, or in another order, give another UID.

    Returns
    -------
    str
        Below the root 2.25, which is for UUIDs; at most 44 characters.

    References
    ----------
    PS3.5 B.2 UUID Derived UID; RFC 9562, 5.8: a UUID of version 8 holds what its maker puts into it.
    """
    digest = hashlib.sha256("\0".join((_FORM, *parts)).encode("utf-8", "surrogatepass")).digest()
    value = bytearray(digest[:16])
    value[6] = value[6] & 0x0F | 0x80
    value[8] = value[8] & 0x3F | 0x80
    return f"2.25.{uuid.UUID(bytes=bytes(value)).int}"
