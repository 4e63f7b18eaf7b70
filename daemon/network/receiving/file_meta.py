"""The File Meta Information that is written before a data set as it came.

The file is ours, so Implementation Class UID is; who sent the content is in Sending Application Entity Title,
and its implementation in Private Information, where the standard leaves room for it.

References
----------
PS3.10 7.1 DICOM File Meta Information.
"""

import struct

from daemon.network.receiving.association_reply import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from daemon.network.receiving.elements import explicit


def file_meta(
    *,
    sop_class_uid: str,
    sop_instance_uid: str,
    transfer_syntax_uid: str,
    calling_ae: str,
    called_ae: str,
    address: str,
    implementation: tuple[str, str],
) -> bytes:
    """Write preamble, prefix and File Meta Information.

    Parameters
    ----------
    sop_class_uid, sop_instance_uid, transfer_syntax_uid : str
    calling_ae, called_ae : str
        Application entity titles, up to 16 printable characters of ASCII.
    address : str
        Of the peer.
    implementation : tuple of str
        Class UID and version name of the peer; empty where it names none.

    Returns
    -------
    bytes
    """
    meta = explicit(0x00020001, b"OB", b"\0\1")
    for tag, uid in (
        (0x00020002, sop_class_uid),
        (0x00020003, sop_instance_uid),
        (0x00020010, transfer_syntax_uid),
        (0x00020012, IMPLEMENTATION_CLASS_UID),
    ):
        meta += explicit(tag, b"UI", uid.encode())
    meta += explicit(0x00020013, b"SH", IMPLEMENTATION_VERSION_NAME.encode())
    for tag, title in ((0x00020016, calling_ae), (0x00020017, calling_ae), (0x00020018, called_ae)):
        meta += explicit(tag, b"AE", title.encode())
    meta += explicit(0x00020026, b"UR", address.encode()) + explicit(0x00020027, b"UR", address.encode())
    meta += explicit(0x00020100, b"UI", IMPLEMENTATION_CLASS_UID.encode())
    meta += explicit(0x00020102, b"OB", "\\".join(implementation).encode("ascii", "replace"))
    length = explicit(0x00020000, b"UL", struct.pack("<I", len(meta)))
    return bytes(128) + b"DICM" + length + meta
