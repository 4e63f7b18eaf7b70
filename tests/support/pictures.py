"""Pictures that tests make for themselves: small, different for each seed, shaped like nothing."""

import io
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian, generate_uid


def pixels(seed, rows=96, columns=80, bits=12):
    """Give smooth structure with noise, uint16 below 2**bits."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:rows, 0:columns]
    waves = np.sin(x / (5 + seed % 7)) + np.cos(y / (7 + seed % 5)) + random.normal(0, 0.2, (rows, columns))
    scaled = (waves - waves.min()) / np.ptp(waves)
    return (scaled * (2**bits - 1)).astype(np.uint16)


def png_bytes(seed):
    """Give an 8-bit PNG."""
    buffer = io.BytesIO()
    Image.fromarray((pixels(seed, bits=8)).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def jpeg_bytes(seed):
    """Give a grey JPEG."""
    buffer = io.BytesIO()
    Image.fromarray((pixels(seed, bits=8)).astype(np.uint8)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def small_jpeg(content=b""):
    """Give what begins and ends as a JPEG, and is none."""
    return b"\xff\xd8\xff" + content + b"\xff\xd9"


def dicom_bytes(seed, **tags):
    """Give a native 12-bit radiograph with the tags that are named."""
    picture = pixels(seed)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ComputedRadiographyImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[str(seed)])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.Modality = "CR"
    dataset.Rows, dataset.Columns = picture.shape
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    for name, value in tags.items():
        setattr(dataset, name, value)
    dataset.PixelData = picture.tobytes()
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def drop(path: Path, data: bytes) -> Path:
    """Put a file into an inbox as a careful sender does: whole, by rename from beside it."""
    beside = path.with_name(f".{path.name}.sending")
    beside.parent.mkdir(parents=True, exist_ok=True)
    beside.write_bytes(data)
    return beside.rename(path)
