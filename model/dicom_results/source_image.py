"""The image that was answered, as objects made of its answer name it: its header, cleaned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING, Final

from model.dicom_results import clean_values as clean
from model.dicom_results.derived_uid import derived_uid
from model.header import Header
from model.reading.excerpt import Excerpt

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

UTF_8: Final = "ISO_IR 192"
"""Specific Character Set of all objects; names were decoded by that of their file."""
STANDS_IN: Final = "1.2.840.10008.5.1.4.1.1.1"
"""SOP Class UID that highdicom gets: it looks modules up by it, and raises for some that images have."""
_CAPTURE: Final = "1.2.840.10008.5.1.4.1.1.7"  # Secondary Capture Image Storage: of an image without a class
OPTIONAL: Final = ("IssuerOfPatientID", "StudyDescription")
"""Elements of type 3, which are absent if there is nothing to say."""
_SEXES: Final = ("M", "F", "O")
_SIDES: Final = ("L", "R")
_ANSWERS: Final = ("YES", "NO")
_LO, _SH = 64, 16


@dataclass(frozen=True, slots=True, eq=False)
class SourceImage:
    """What objects say of the image that they are about; every value is one that its element may have.

    Parameters
    ----------
    dataset : pydicom.dataset.Dataset
        Patient, study, and the image's UIDs and size: all that highdicom asks for. Elements of type 2 are
        there, if need be empty. Its SOP Class UID is `STANDS_IN`, in its place
    sop_class_uid : str
        belongs into what is made.
    zone : tzinfo or None
        What the image's times are in, if it says so.
    laterality : {"L", "R", ""}
    orientation : list of str
        Patient Orientation; empty if not known.
    burned_in : {"YES", "NO", ""}
        Burned In Annotation.
    is_lossy : bool
        The image was compressed with loss.
    rows, columns : int
        Of the stored picture.
    aspect : float
        Height of a stored pixel over its width.
    """

    dataset: "Dataset"
    sop_class_uid: str
    zone: tzinfo | None
    laterality: str
    orientation: list[str]
    burned_in: str
    is_lossy: bool
    rows: int
    columns: int
    aspect: float

    @property
    def sop_instance_uid(self) -> str:
        """Of the image."""
        return str(self.dataset.SOPInstanceUID)

    @property
    def study_instance_uid(self) -> str:
        """Of its study."""
        return str(self.dataset.StudyInstanceUID)


def source_image(header: Header, excerpt: Excerpt, sha256: str) -> SourceImage:
    """Clean a header: a bad element costs that element, never the object that is made of it.

    Parameters
    ----------
    header : Header
        Of a DICOM file that was classified.
    excerpt : Excerpt
        Of the same file.
    sha256 : str
        Of the file: UIDs that it lacks are derived from it.

    Returns
    -------
    SourceImage
    """
    texts = excerpt.texts
    sop_class_uid = clean.uid(header.sop_class_uid) or _CAPTURE
    laterality = clean.word(texts.get("ImageLaterality"), _SIDES) or clean.word(
        texts.get("Laterality"), _SIDES
    )
    return SourceImage(
        dataset=_dataset(header, texts, sha256),
        sop_class_uid=sop_class_uid,
        zone=clean.zone(texts.get("TimezoneOffsetFromUTC")),
        laterality=laterality,
        orientation=clean.orientation(texts.get("PatientOrientation")),
        burned_in=clean.word(texts.get("BurnedInAnnotation"), _ANSWERS),
        is_lossy=(texts.get("LossyImageCompression") or "").strip() == "01",
        rows=header.rows or 1,
        columns=header.columns or 1,
        aspect=excerpt.aspect,
    )


def _dataset(header: Header, texts: Mapping[str, str], sha256: str) -> "Dataset":
    from pydicom.dataset import Dataset

    made = Dataset()
    made.SpecificCharacterSet = UTF_8
    made.PatientName = clean.name(texts.get("PatientName"))
    made.PatientID = clean.text(texts.get("PatientID"), _LO)
    made.PatientBirthDate = clean.day(texts.get("PatientBirthDate"))
    made.PatientSex = clean.word(texts.get("PatientSex"), _SEXES)
    made.StudyDate = clean.day(texts.get("StudyDate"))
    made.StudyTime = clean.clock_time(texts.get("StudyTime"))
    made.StudyID = clean.text(texts.get("StudyID"), _SH)
    made.AccessionNumber = clean.text(texts.get("AccessionNumber"), _SH)
    made.ReferringPhysicianName = clean.name(texts.get("ReferringPhysicianName"))
    for keyword in OPTIONAL:
        value = clean.text(texts.get(keyword), _LO)
        if value:
            setattr(made, keyword, value)
    for keyword, what in (
        ("StudyInstanceUID", "study"),
        ("SeriesInstanceUID", "series"),
        ("SOPInstanceUID", "image"),
    ):
        setattr(made, keyword, clean.uid(texts.get(keyword)) or derived_uid(what, sha256))
    made.SOPClassUID = STANDS_IN
    made.Modality = "OT"
    made.Rows, made.Columns, made.SamplesPerPixel = header.rows or 1, header.columns or 1, 1
    return made
