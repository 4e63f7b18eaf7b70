"""The style of a file: what can be known of it without looking at a bone."""

import io
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.reading.prepare import open_pictures
from model.reading.signatures import HEAD_BYTES, Signature, recognise

FILE_FEATURES: Final = (
    "log_bytes",
    "log_rows",
    "log_columns",
    "log_aspect",
    "bytes_a_pixel",
    "is_png",
    "is_dicom",
    "channels",
    "quantisation_luma",
    "quantisation_chroma",
)
INTENSITY_FEATURES: Final = (
    "mean",
    "deviation",
    "percentile_1",
    "percentile_5",
    "percentile_25",
    "median",
    "percentile_75",
    "percentile_95",
    "percentile_99",
    "black_share",
    "white_share",
    "entropy",
    "border_mean",
    "constant_border_share",
)
STYLE_FEATURES: Final = FILE_FEATURES + INTENSITY_FEATURES


def style_features(file: Path | bytes) -> NDArray[np.float64]:
    """Measure the style of a file: its attributes, and how its grey values are distributed.

    Nothing of it says where in the picture something lies, but for how much of the border is empty.

    Parameters
    ----------
    file : Path or bytes
        A file that the daemon reads, or its content. Of several frames the first counts.

    Returns
    -------
    ndarray, shape (24,), float64
        In the order of `STYLE_FEATURES`.

    Raises
    ------
    ScanError
        It cannot be decoded.
    OSError
        It cannot be read.
    """
    content = file if isinstance(file, bytes) else file.read_bytes()
    return style_of(content, next(iter(open_pictures(content))))


def style_of(content: bytes, picture: NDArray[np.uint16]) -> NDArray[np.float64]:
    """Measure the style of a file whose picture is decoded already; see `style_features`."""
    return np.array(_file_features(content, picture) + _intensity_features(picture), np.float64)


def _file_features(content: bytes, picture: NDArray[np.uint16]) -> list[float]:
    rows, columns = picture.shape
    signature = recognise(content[:HEAD_BYTES])
    channels, luma, chroma = 1.0, 0.0, 0.0
    if signature in (Signature.PNG, Signature.JPEG):
        channels, luma, chroma = _raster_attributes(content)
    return [
        float(np.log(len(content))),
        float(np.log(rows)),
        float(np.log(columns)),
        float(np.log(rows / columns)),
        len(content) / (rows * columns),
        float(signature is Signature.PNG),
        float(signature in (Signature.DICOM, Signature.BARE_DICOM)),
        channels,
        luma,
        chroma,
    ]


def _raster_attributes(content: bytes) -> tuple[float, float, float]:
    """Return channels, and the logarithms of the mean of the first two quantisation tables; 0 without one."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            channels = float(len(picture.getbands()))
            tables = getattr(picture, "quantization", None) or {}
    except (OSError, SyntaxError, ValueError):
        return 1.0, 0.0, 0.0
    means = [float(np.log(np.mean(table))) for _, table in sorted(tables.items())[:2]]
    luma, chroma = (*means, 0.0, 0.0)[:2]
    return channels, luma, chroma


def _intensity_features(picture: NDArray[np.uint16]) -> list[float]:
    grey = picture / np.float32(65535)
    counts = np.bincount((picture >> 10).ravel(), minlength=64) / picture.size
    present = counts[counts > 0]
    edge = max(1, min(picture.shape) // 50)
    border = np.concatenate(
        [grey[:edge].ravel(), grey[-edge:].ravel(), grey[:, :edge].ravel(), grey[:, -edge:].ravel()]
    )
    flat = float((np.ptp(grey, axis=1) < 0.06).mean() + (np.ptp(grey, axis=0) < 0.06).mean()) / 2
    return [
        float(grey.mean()),
        float(grey.std()),
        *(float(value) for value in np.percentile(grey, (1, 5, 25, 50, 75, 95, 99))),
        float((grey < 0.02).mean()),
        float((grey > 0.98).mean()),
        float(-(present * np.log2(present)).sum()),
        float(border.mean()),
        flat,
    ]
