"""What a DICOM object that is made of a scan takes over from its header, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from model.reading.display import LookupTable, Rescale, Window

KEYWORDS: Final = (
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "StudyDescription",
    "AccessionNumber",
    "ReferringPhysicianName",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "Laterality",
    "ImageLaterality",
    "PatientOrientation",
    "BurnedInAnnotation",
    "LossyImageCompression",
    "LossyImageCompressionRatio",
    "LossyImageCompressionMethod",
    "TimezoneOffsetFromUTC",
)
"""Elements whose text is taken over; those that a ledger's row has are in `model.header.Header`."""


@dataclass(frozen=True, slots=True, eq=False)
class ShownFrame:
    """How one frame was shown to the network.

    Parameters
    ----------
    rows, columns : int
        Of the picture at its true aspect.
    is_grey : bool
        One value a pixel, without a palette.
    is_inverse : bool
        The lowest value is white.
    has_negative : bool
        Modality values can be negative.
    modality : Rescale, LookupTable or None
    voi : Window or LookupTable
        That of the file; else the window between what was made black and what was made white.
    """

    rows: int
    columns: int
    is_grey: bool
    is_inverse: bool
    has_negative: bool
    modality: Rescale | LookupTable | None
    voi: Window | LookupTable


@dataclass(frozen=True, slots=True, eq=False)
class Excerpt:
    """Of the header of a DICOM file.

    Parameters
    ----------
    texts : mapping of str to str
        Value by keyword of `KEYWORDS`, decoded and uncleaned, several between backslashes. What is missing,
        empty or cannot be decoded is left out.
    aspect : float
        Height of a pixel over its width.
    shown : ShownFrame or None
        None if no pixel was asked for.
    """

    texts: Mapping[str, str]
    aspect: float = 1.0
    shown: ShownFrame | None = None
