"""What may give a label away besides the bone, or is no radiograph: heuristics, each named as one.

They err in both directions. What they find is for a person to look at, which the contact sheets are for.
"""

import io
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.header import Header
from model.signatures import HEAD_BYTES, Signature, recognise

_PLAIN_RADIOGRAPHY: Final = frozenset({"CR", "DX", "DR", "RG", "XA", "RF", "OT", "SC", "XC", ""})
_COLOURED: Final = 60
_SIDE: Final = 512
_SMALLEST: Final = 128


def marks_of(content: bytes, picture: NDArray[np.uint16], header: Header) -> frozenset[str]:
    """Name what is seen in a file.

    Parameters
    ----------
    content : bytes
    picture : ndarray, shape (rows, columns), uint16
        As a viewer shows it.
    header : Header

    Returns
    -------
    frozenset of str
        Among `constant`, `small` (a side below 128 pixels), `colour_marks`, `colour_photograph`,
        `other_modality` (a DICOM header that says CT, MR, US ...), `few_tones` (text, drawings, thresholded
        pictures), `hardware`.
    """
    found = {name for name, is_so in (("small", min(picture.shape) < _SMALLEST),) if is_so}
    if header.format == "dicom" and (header.modality or "").strip().upper() not in _PLAIN_RADIOGRAPHY:
        found.add("other_modality")
    if picture.min() == picture.max():
        return frozenset(found | {"constant"})
    found |= _colours(content)
    eight = _reduced(picture)
    if _has_few_tones(eight):
        found.add("few_tones")
    elif has_hardware(eight):
        found.add("hardware")
    return frozenset(found)


def _reduced(picture: NDArray[np.uint16]) -> NDArray[np.uint8]:
    scale = min(1.0, _SIDE / max(picture.shape))
    rows, columns = (max(1, round(side * scale)) for side in picture.shape)
    small = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA)
    return (np.asarray(small, np.uint16) >> 8).astype(np.uint8)


def _colours(content: bytes) -> set[str]:
    """Tell drawn marks from a photograph by how much of the picture is coloured."""
    if recognise(content[:HEAD_BYTES]) not in (Signature.PNG, Signature.JPEG):
        return set()
    try:
        with Image.open(io.BytesIO(content)) as picture:
            if len(picture.getbands()) < 3 and picture.mode != "P":
                return set()
            picture.thumbnail((_SIDE, _SIDE))
            pixels = np.asarray(picture.convert("RGB"), np.int16)
    except (OSError, SyntaxError, ValueError):
        return set()
    pixels = pixels - np.median(pixels.reshape(-1, 3), axis=0).astype(np.int16)  # a tinted film is no mark
    share = float((np.ptp(pixels, axis=2) > _COLOURED).mean())
    if share > 0.25:
        return {"colour_photograph"}
    return {"colour_marks"} if share > 0.0004 else set()


def _has_few_tones(picture: NDArray[np.uint8]) -> bool:
    """Whether nine tenths of the pixels have one of four tones, and neither end of the scale alone."""
    counts = np.sort(np.bincount(picture.ravel(), minlength=256))[::-1] / picture.size
    values = picture.astype(np.float32)
    return bool(counts[:4].sum() > 0.9 and values.std() > 20)


def has_hardware(picture: NDArray[np.uint8]) -> bool:
    """Whether something straight, thin and as bright as metal lies in the picture, away from its border.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), uint8

    Returns
    -------
    bool
        Nails, plates and wires are found as a bright island that is long, narrow, filled, and clearly
        brighter than the bone around it. Letters are too short, casts too dim.
    """
    side = max(picture.shape)
    blurred = cv2.GaussianBlur(picture, (0, 0), 1.0).astype(np.float32)
    top = max(float(np.percentile(blurred, 99.9)), 1.0)
    width = max(9, side // 14) | 1
    around = cv2.morphologyEx(blurred, cv2.MORPH_TOPHAT, np.ones((width, width), np.uint8))
    bright = ((blurred > 0.86 * top) & (around > 0.22 * top)).astype(np.uint8)
    count, labels, facts, _ = cv2.connectedComponentsWithStats(bright, connectivity=8)
    for index in range(1, count):
        left, upper, across, down, area = facts[index]
        touches = left <= 2 or upper <= 2 or left + across >= picture.shape[1] - 2
        touches = touches or upper + down >= picture.shape[0] - 2
        if area < 0.0008 * picture.size or max(across, down) < 0.12 * side or touches:
            continue
        outline, _ = cv2.findContours(
            (labels == index).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
        )
        (_, (first, second), _) = cv2.minAreaRect(outline[0])
        long, short = max(first, second) + 1, min(first, second) + 1
        if long > 0.15 * side and long > 4 * short and area > 0.55 * long * short:
            return True
    return False
