"""Whether a picture arrived as it was sent: the bytes of its pixel data element."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO

from pydicom import dcmread
from pydicom.errors import InvalidDicomError

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


def is_same_picture(sent: Picture, arrived: Picture) -> bool:
    """Return whether a picture arrived as it was sent.

    Parameters
    ----------
    sent, arrived : Picture

    Returns
    -------
    bool
        The bytes of the pixels are the same, and the transfer syntax where the file that was sent names one.
    """
    return sent.digest == arrived.digest and sent.transfer_syntax_uid in (None, arrived.transfer_syntax_uid)


def sop_instance_of(content: bytes) -> str | None:
    """Return the SOP Instance UID of a DICOM file, or of a bare data set.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    str or None
        None where there is none, or the file is none that can be read.
    """
    # what pydicom raises on a file that is no DICOM, or is cut, or is deflated and damaged
    with suppress(InvalidDicomError, NotImplementedError, ValueError, EOFError, OSError):
        found = dcmread(
            BytesIO(content), force=True, specific_tags=["SOPInstanceUID"], stop_before_pixels=True
        )
        return str(found.get("SOPInstanceUID", "")) or None
    return None
