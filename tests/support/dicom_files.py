"""DICOM files that tests make for themselves, of any transfer syntax and with any element."""

import io
import zlib

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    generate_uid,
)

NATIVE = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian)


def image(pixels, **elements):
    """Make a data set for stored values of shape (rows, columns[, 3]) or (frames, rows, columns[, 3])."""
    colour = pixels.ndim >= 3 and pixels.shape[-1] == 3
    size = pixels.shape[:-1] if colour else pixels.shape
    bits = pixels.dtype.itemsize * 8
    dataset = Dataset()
    dataset.SOPClassUID = ComputedRadiographyImageStorage
    dataset.SOPInstanceUID = generate_uid(entropy_srcs=["test"])
    dataset.Modality = "CR"
    dataset.SamplesPerPixel = 3 if colour else 1
    dataset.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    if colour:
        dataset.PlanarConfiguration = 0
    if len(size) == 3:
        dataset.NumberOfFrames = size[0]
    dataset.Rows, dataset.Columns = size[-2:]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, bits, bits - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    dataset.PixelData = pixels.tobytes()
    dataset["PixelData"].VR = "OB" if bits == 8 else "OW"
    set_elements(dataset, elements)
    return dataset


def set_elements(dataset, elements):
    """Set elements by keyword; None deletes one."""
    for keyword, value in elements.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)


def to_bytes(dataset, syntax=ExplicitVRLittleEndian, preamble=bytes(128)):
    """Write a data set as a file; of big endian the pixels are swapped here, as pydicom leaves them."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", ComputedRadiographyImageStorage)
    meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", "1.2.3")
    meta.TransferSyntaxUID = syntax
    is_big_endian = syntax == ExplicitVRBigEndian
    if is_big_endian and "PixelData" in dataset and dataset.BitsAllocated > 8:
        kind = f"u{dataset.BitsAllocated // 8}"
        dataset.PixelData = np.frombuffer(dataset.PixelData, kind).astype(f">{kind}").tobytes()
    head = io.BytesIO()
    write_file_meta_info(head, meta)
    body = without_preamble(
        dataset, is_implicit=syntax == ImplicitVRLittleEndian, is_big_endian=is_big_endian
    )
    if syntax == DeflatedExplicitVRLittleEndian:
        stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        body = stream.compress(body) + stream.flush()
        body += bytes(len(body) % 2)
    return preamble + b"DICM" + head.getvalue() + body


def native(pixels, syntax=ExplicitVRLittleEndian, **elements):
    """Make a file with uncompressed pixels."""
    return to_bytes(image(pixels, **elements), syntax)


def encapsulated(pixels, frames, syntax, *, has_offsets=True, fragments=1, **elements):
    """Make a file around encoded frames; `pixels` gives the header only."""
    dataset = image(pixels, **elements)
    dataset.PixelData = encapsulate(frames, fragments_per_frame=fragments, has_bot=has_offsets)
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return to_bytes(dataset, syntax)


def rle(pixels):
    """Encode one frame as RLE Lossless, by the letter of PS3.5 Annex G; no runs, literal bytes only."""
    samples = pixels.reshape(*pixels.shape[:2], -1)
    size = pixels.dtype.itemsize
    planes = [
        samples[..., s].astype(f">u{size}").reshape(-1).view(np.uint8).reshape(-1, size)[:, b].tobytes()
        for s in range(samples.shape[2])
        for b in range(size)
    ]
    segments = []
    for plane in planes:
        parts = [plane[i : i + 128] for i in range(0, len(plane), 128)]
        segment = b"".join(bytes([len(part) - 1]) + part for part in parts)
        segments.append(segment + b"\x80" * (len(segment) % 2))
    places = [64 + sum(map(len, segments[:i])) for i in range(len(segments))]
    header = np.array([len(segments), *places] + [0] * (15 - len(segments)), "<u4")
    return header.tobytes() + b"".join(segments)


def without_preamble(dataset, *, is_implicit=True, is_big_endian=False):
    """Write a data set alone, as old equipment does: no preamble, no File Meta Information."""
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = is_implicit, not is_big_endian
    write_dataset(buffer, dataset)
    return buffer.getvalue()
