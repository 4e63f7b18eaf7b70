"""A DICOM object that was made of an answer, ready to be sent or written."""

from dataclasses import dataclass
from typing import Final

STRUCTURED_REPORT: Final = "sr"
SECONDARY_CAPTURE: Final = "sc"
PRESENTATION_STATE: Final = "gsps"
STUDY_REPORT: Final = "study"
KINDS: Final = (STRUCTURED_REPORT, SECONDARY_CAPTURE, PRESENTATION_STATE)
"""What can be made of a scan's answer, in the order in which it is made."""


@dataclass(frozen=True, slots=True)
class MadeObject:
    """One object; made again of the same answer, it has the same bytes.

    Parameters
    ----------
    kind : str
        One of `KINDS`, or `STUDY_REPORT`.
    sop_class_uid, sop_instance_uid, study_instance_uid : str
    content : bytes
        A whole file as of PS3.10, explicit VR little endian.
    """

    kind: str
    sop_class_uid: str
    sop_instance_uid: str
    study_instance_uid: str
    content: bytes
