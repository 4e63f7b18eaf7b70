"""Synthetic radiographs, made from a number, to try an installation with."""

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian, generate_uid

ROWS: Final = 320
COLUMNS: Final = 256
_BITS: Final = 12


def specimen(seed: int) -> tuple[str, bytes]:
    """Make a file as it may arrive: mostly radiographs, now and then one that cannot be read.

    Parameters
    ----------
    seed : int
        The same number gives the same bytes; two numbers never do.

    Returns
    -------
    suffix : str
        Such as ``.dcm``.
    data : bytes
        Of ten in a row six are DICOM, two PNG, one is a DICOM file cut in half, and one is text.
    """
    kind = seed % 10
    if kind == 9:
        return ".txt", f"no picture, number {seed}\n".encode()
    if kind >= 7:
        return ".png", _png(_bone(seed))
    data = _dicom(_bone(seed), seed)
    return ".dcm", data[: len(data) // 2] if kind == 6 else data


def _bone(seed: int) -> NDArray[np.uint16]:
    """Draw a bright shaft on a dark ground, with noise: no diagnosis, but bytes like a radiograph's."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:ROWS, 0:COLUMNS]
    middle = COLUMNS / 2 + 20 * np.sin(y / random.uniform(60, 160) + random.uniform(0, 6))
    across = np.abs(x - middle) / random.uniform(25, 55)
    bright = 0.15 + 0.7 * np.exp(-((across - 0.8) ** 2) * 6) + 0.3 * np.exp(-(across**2))
    values = bright + random.normal(0, 0.02, bright.shape)
    scaled: NDArray[np.float64] = np.clip(values / 1.2, 0, 1) * (2**_BITS - 1)
    return scaled.astype(np.uint16)


def _png(picture: NDArray[np.uint16]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray((picture >> (_BITS - 8)).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def _dicom(picture: NDArray[np.uint16], seed: int) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ComputedRadiographyImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["inboxray", str(seed)])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.Modality = "CR"
    dataset.PatientID = f"SPECIMEN-{seed}"
    dataset.Rows, dataset.Columns = picture.shape
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, _BITS, _BITS - 1
    dataset.PixelRepresentation = 0
    dataset.PixelData = picture.tobytes()
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
