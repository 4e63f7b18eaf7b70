"""Which format a file claims to be, from its first bytes; names and endings are never asked."""

import struct
from enum import StrEnum

HEAD_BYTES = 160
"""So many first bytes are enough to recognise a format."""

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
JPEG_SIGNATURE = b"\xff\xd8\xff"
DICOM_PREFIX_AT = 128
DICOM_PREFIX = b"DICM"

_PROGRAMS = (
    b"MZ",  # DOS and Windows
    b"\x7fELF",
    b"#!",  # scripts
    b"\xfe\xed\xfa\xce",  # Mach-O, 32 and 64 bit, both byte orders, and universal
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"\xca\xfe\xba\xbf",
)
_VALUE_REPRESENTATIONS = frozenset(
    b"AE AS AT CS DA DS DT FD FL IS LO LT OB OW PN SH SL SS ST TM UI UL UN UR US UT".split()
)
_LONGEST_FIRST_VALUE = 1 << 16


class Signature(StrEnum):
    """What the first bytes say."""

    DICOM = "dicom"
    BARE_DICOM = "bare_dicom"
    """A DICOM data set without preamble, prefix, or both."""
    PNG = "png"
    JPEG = "jpeg"
    UNKNOWN = "unknown"


def recognise(head: bytes) -> Signature:
    """Recognise the format from a file's first bytes.

    Parameters
    ----------
    head : bytes
        The first `HEAD_BYTES` bytes, or the whole file if it is shorter.

    Returns
    -------
    Signature
        `BARE_DICOM` only where the first element is plausible: group 0002 or 0008, a known value
        representation or a short implicit length. Older equipment writes such files, and ACR-NEMA 1.0 and
        2.0 know no preamble.

    References
    ----------
    PS3.10 7.1 DICOM File Meta Information; PNG (ISO/IEC 15948) 5.2; ISO/IEC 10918-1 B.1.1.3.
    """
    if head.startswith(PNG_SIGNATURE):
        return Signature.PNG
    if head.startswith(JPEG_SIGNATURE):
        return Signature.JPEG
    if head[DICOM_PREFIX_AT : DICOM_PREFIX_AT + 4] == DICOM_PREFIX:
        return Signature.DICOM
    return Signature.BARE_DICOM if _begins_with_an_element(head) else Signature.UNKNOWN


def begins_like_a_program(head: bytes) -> bool:
    """Whether a DICOM preamble could be run as a program (CVE-2019-11687).

    Parameters
    ----------
    head : bytes

    Returns
    -------
    bool
    """
    return head.startswith(_PROGRAMS)


def may_become_known(head: bytes) -> bool:
    """Whether a file that is still being written may yet show a format of ours.

    Parameters
    ----------
    head : bytes
        The first `HEAD_BYTES` bytes, or the whole file if it is shorter; not empty.

    Returns
    -------
    bool
        True for a proper prefix of a signature, and for nothing but zero bytes (space that is reserved first
        and filled later, or a preamble without its prefix).
    """
    if not head.strip(b"\x00"):
        return True
    if DICOM_PREFIX_AT < len(head) < DICOM_PREFIX_AT + len(DICOM_PREFIX):
        return DICOM_PREFIX.startswith(head[DICOM_PREFIX_AT:])
    return any(len(head) < len(s) and s.startswith(head) for s in (PNG_SIGNATURE, JPEG_SIGNATURE))


def _begins_with_an_element(head: bytes) -> bool:
    if len(head) < 8:
        return False
    for order in "<>":
        group, element = struct.unpack_from(order + "HH", head)
        if group not in (0x0002, 0x0008) or element > 0x1200:
            continue
        if head[4:6] in _VALUE_REPRESENTATIONS:
            return True
        (length,) = struct.unpack_from(order + "L", head, 4)
        if order == "<" and length < _LONGEST_FIRST_VALUE and (length % 2 == 0) and element <= 0x0018:
            return bool(element != 0x0000 or length == 4)
    return False
