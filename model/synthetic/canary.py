"""A synthetic radiograph as a DICOM file, for a daemon that tries itself."""

import io

import numpy as np
from numpy.typing import NDArray

SIDE = 448
_BITS = 12
_HIGHEST = (1 << _BITS) - 1


def canary_file(sop_instance_uid: str) -> bytes:
    """Write a synthetic radiograph, which no setting excludes, as its header has nothing of its kind.

    Parameters
    ----------
    sop_instance_uid : str
        Makes the bytes unlike those of any other; the picture is always the same.

    Returns
    -------
    bytes
        A DICOM file of 12 bits, deflated: some 80 kB.
    """
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ComputedRadiographyImageStorage, DeflatedExplicitVRLittleEndian

    dataset = Dataset()
    dataset.SOPClassUID = ComputedRadiographyImageStorage
    dataset.SOPInstanceUID = sop_instance_uid
    dataset.PatientID = "CANARY"
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows = dataset.Columns = SIDE
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, _BITS, _BITS - 1
    dataset.PixelRepresentation = 0
    dataset.PixelData = limb().tobytes()
    dataset["PixelData"].VR = "OW"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    written = io.BytesIO()
    dataset.save_as(written, enforce_file_format=True)
    return written.getvalue()


def limb() -> NDArray[np.uint16]:
    """Draw two bones in soft tissue on a dark ground.

    Returns
    -------
    ndarray, shape (448, 448), uint16
        12 bits.
    """
    rows, columns = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    tissue = np.clip(0.55 - np.abs(columns) - 0.1 * rows**2, 0, 0.3)
    bones = sum(
        np.clip(0.02 - (columns - middle - 0.05 * rows) ** 2, 0, None) * 25 for middle in (-0.2, 0.22)
    )
    joint = np.clip(np.abs(rows) * 12, 0.35, 1)
    drawn: NDArray[np.uint16] = (np.clip(0.04 + tissue + bones * joint, 0, 1) * _HIGHEST).astype("<u2")
    return drawn
