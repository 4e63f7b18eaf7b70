"""Other people's DICOM programs: what they make of a file, to be compared with what we make of it.

GDCM and DCMTK are asked for native files, whose pixels are then read here by the letter of PS3.5 8.1.1 and
without any of our code; DCMTK is also asked for the picture that it would show.
"""

import shutil
import subprocess

import numpy as np
import pydicom
import pytest

from tests.support.deadlines import scaled

_JPEG_LS = ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81")
_RLE = "1.2.840.10008.1.2.5"

needs_gdcm = pytest.mark.skipif(not shutil.which("gdcmconv"), reason="GDCM's gdcmconv is not installed")
needs_dcmtk = pytest.mark.skipif(not shutil.which("dcmj2pnm"), reason="DCMTK's dcmj2pnm is not installed")


class PeerRefused(Exception):  # noqa: N818 - it is no error of ours
    """The other program has no picture of this file."""


def unpack(peer, path, syntax, folder):
    """Let a peer write a file of a transfer syntax anew with native pixels; return the new file's path."""
    made = folder / f"{peer}.dcm"
    if peer == "gdcm":
        _ask("gdcmconv", "--raw", path, made)
        return made
    _ask("dcmdjpls" if syntax in _JPEG_LS else "dcmdrle" if syntax == _RLE else "dcmdjpeg", path, made)
    if made.read_bytes()[128:132] != b"DICM":
        raise PeerRefused(peer)
    return made


def stored_values(path):
    """Read the stored values of a native file: ndarray, shape (frames, rows, columns[, 3]), int64.

    References
    ----------
    PS3.5 8.1.1; PS3.3 C.7.6.3.1.3.
    """
    dataset = pydicom.dcmread(path)
    order = ">" if dataset.original_encoding[1] is False else "<"
    frames, samples = int(dataset.get("NumberOfFrames") or 1), dataset.get("SamplesPerPixel", 1)
    shape = (frames, dataset.Rows, dataset.Columns, samples)
    bits = dataset.BitsAllocated
    if bits == 1:
        values = np.unpackbits(np.frombuffer(dataset.PixelData, np.uint8), bitorder="little")
    elif bits == 12:
        single = np.unpackbits(np.frombuffer(dataset.PixelData, np.uint8), bitorder="little")
        values = single.reshape(-1, 12) @ (1 << np.arange(12))
    elif bits == 8 and order == ">" and dataset["PixelData"].VR == "OW":
        values = np.frombuffer(dataset.PixelData, "<u2").byteswap().view(np.uint8)
    else:
        values = np.frombuffer(dataset.PixelData, f"{order}u{bits // 8}")
    values = values[: np.prod(shape)].astype(np.int64)
    if samples == 3 and dataset.get("PlanarConfiguration", 0) == 1:
        values = values.reshape(frames, 3, *shape[1:3]).transpose(0, 2, 3, 1)
    values = values.reshape(shape if samples == 3 else shape[:3])
    stored = dataset.get("BitsStored", bits)
    return significant(values, stored, dataset.get("HighBit", stored - 1), dataset.get("PixelRepresentation"))


def significant(values, bits_stored, high_bit, pixel_representation):
    """Cut the bits that count out of values, and give them their sign."""
    values = (values >> (high_bit + 1 - bits_stored)) & ((1 << bits_stored) - 1)
    if pixel_representation == 1:
        values = np.where(values >> (bits_stored - 1), values - (1 << bits_stored), values)
    return values


def shown_by_dcmtk(path, folder, *options, frame=1):
    """Let DCMTK show a frame, grey and without overlays: ndarray, shape (rows, columns), int64, 0 to 255."""
    made = folder / "dcmtk.pgm"
    _ask("dcmj2pnm", "-O", "+G", "+op", "+F", str(frame), *map(str, options), path, made)
    kind, columns, rows, highest = made.read_bytes()[:40].split()[:4]
    assert (kind, highest) == (b"P5", b"255")
    count = int(rows) * int(columns)
    return (
        np.frombuffer(made.read_bytes()[-count:], np.uint8).reshape(int(rows), int(columns)).astype(np.int64)
    )


def _ask(*command):
    done = subprocess.run(command, capture_output=True, check=False, timeout=scaled(60))
    if done.returncode:
        raise PeerRefused(command[0])
