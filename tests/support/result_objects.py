"""Objects as they are made of answers, small: a report that any archive takes."""

import hashlib
from io import BytesIO

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from model.dicom_results.made_object import MadeObject

REPORT = "1.2.840.10008.5.1.4.1.1.88.34"
CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def uid_of(scan_id, kind="sr"):
    """Derive a UID, always the same of the same scan."""
    return f"2.25.{int(hashlib.sha256(f'{scan_id}.{kind}'.encode()).hexdigest()[:30], 16)}"


def made_object(scan_id, *, kind="sr", sop_class=REPORT, size=0):
    """Make an object of a scan; the same bytes of the same scan.

    Parameters
    ----------
    scan_id : str
    kind : str
    sop_class : str
    size : int
        Of a private element that makes it large, bytes.
    """
    made = Dataset()
    made.SOPClassUID = sop_class
    made.SOPInstanceUID = uid_of(scan_id, kind)
    made.StudyDate, made.StudyTime, made.StudyID, made.AccessionNumber = "20261123", "120000", "1", "A1"
    made.Modality = "SR"
    made.PatientName, made.PatientID = "Nobody^Test", "P1"
    made.StudyInstanceUID = uid_of(scan_id, "study")
    made.SeriesInstanceUID = uid_of(scan_id, "series")
    made.SeriesNumber = made.InstanceNumber = 1
    if size:
        block = made.private_block(0x0011, "INBOXRAY TESTS", create=True)
        block.add_new(0x01, "OB", bytes(size + size % 2))
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = sop_class
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    stream = BytesIO()
    made.save_as(stream, enforce_file_format=True)
    return MadeObject(kind, sop_class, made.SOPInstanceUID, made.StudyInstanceUID, stream.getvalue())
