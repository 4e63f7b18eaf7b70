"""Whether a picture arrived as it was sent: the bytes of its pixel data element."""

import hashlib
from dataclasses import dataclass
from io import BytesIO

from daemon.network.receiving.elements import uid_in
from model.reading.dicom.element_walk import read_outline


@dataclass(frozen=True, slots=True)
class Picture:
    """What is compared of a file.

    Attributes
    ----------
    transfer_syntax_uid : str or None
    digest : str
        SHA-256 of the pixel data element's value, encoded as it is; empty where there is none that is whole.
    """

    transfer_syntax_uid: str | None
    digest: str


def picture_of(content: bytes) -> Picture:
    """Take out of a DICOM file what is compared.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    Picture
    """
    found = read_outline(BytesIO(content), len(content))
    pixels = found.pixels
    if pixels is None or not pixels.is_whole:
        return Picture(found.transfer_syntax_uid, "")
    end = len(content) if pixels.length is None else pixels.value_at + pixels.length
    return Picture(found.transfer_syntax_uid, hashlib.sha256(content[pixels.value_at : end]).hexdigest())


def sop_instance_of(content: bytes) -> str | None:
    """Return the Media Storage SOP Instance UID of a DICOM file.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    str or None
    """
    at = content.find(b"\x02\x00\x03\x00UI", 132, 1024)
    if at < 0:
        return None
    length = int.from_bytes(content[at + 6 : at + 8], "little")
    return uid_in(content[at + 8 : at + 8 + length])
