"""Radiographs that are plainly none: for an archive of a hospital, to be tried and then removed.

References
----------
PS3.3 C.7.6.1 (Quality Control Image), C.7.1.1 Patient Module.
"""

import io
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from model.synthetic.canary import SIDE, limb

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

PATIENT_NAME: Final = "TEST^INBOXRAY^DELETE"
DESCRIPTION: Final = "TEST of inboxray, delete"
_BITS: Final = 12


@dataclass(frozen=True, slots=True)
class TrialStudy:
    """A study of no patient.

    Parameters
    ----------
    patient_id : str
        Says that it is a test, and is no patient's.
    study_instance_uid, series_instance_uid : str
    moment : datetime
        Of the study; aware.
    """

    patient_id: str
    study_instance_uid: str
    series_instance_uid: str
    moment: datetime


def trial_image(study: TrialStudy, sop_instance_uid: str, number: int) -> bytes:
    """Draw a limb, and say in every way that it is a test.

    Parameters
    ----------
    study : TrialStudy
    sop_instance_uid : str
    number : int
        From 1; the even ones are negatives (MONOCHROME1).

    Returns
    -------
    bytes
        A whole file, explicit VR little endian.
    """
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    dataset = _dataset(study, number)
    dataset.SOPInstanceUID = sop_instance_uid
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    written = io.BytesIO()
    dataset.save_as(written, enforce_file_format=True)
    return written.getvalue()


def _dataset(study: TrialStudy, number: int) -> "Dataset":
    from pydicom.dataset import Dataset
    from pydicom.uid import ComputedRadiographyImageStorage

    is_negative = number % 2 == 0
    made = Dataset()
    made.SOPClassUID = ComputedRadiographyImageStorage
    made.ImageType = ["DERIVED", "SECONDARY"]
    made.StudyDate = made.SeriesDate = study.moment.strftime("%Y%m%d")
    made.StudyTime = made.SeriesTime = study.moment.strftime("%H%M%S")
    made.AccessionNumber = made.StudyID = ""
    made.Modality, made.Manufacturer = "CR", "inboxray"
    made.ReferringPhysicianName = ""
    made.StudyDescription = made.SeriesDescription = made.ImageComments = DESCRIPTION
    made.PatientName, made.PatientID = PATIENT_NAME, study.patient_id
    made.PatientBirthDate = made.PatientSex = ""
    made.BodyPartExamined, made.ViewPosition, made.Laterality = "HAND", "", ""
    made.StudyInstanceUID, made.SeriesInstanceUID = study.study_instance_uid, study.series_instance_uid
    made.SeriesNumber, made.InstanceNumber = 1, number
    made.PatientOrientation = ""
    made.SamplesPerPixel = 1
    made.PhotometricInterpretation = "MONOCHROME1" if is_negative else "MONOCHROME2"
    made.Rows = made.Columns = SIDE
    made.BitsAllocated, made.BitsStored, made.HighBit = 16, _BITS, _BITS - 1
    made.PixelRepresentation = 0
    made.QualityControlImage, made.BurnedInAnnotation = "YES", "NO"
    drawn = limb()
    made.PixelData = ((1 << _BITS) - 1 - drawn if is_negative else drawn).astype(np.dtype("<u2")).tobytes()
    made["PixelData"].VR = "OW"
    return made
