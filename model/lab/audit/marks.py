"""What may give a label away besides the bone, or is no radiograph: heuristics, each named as one.

They err in both directions. What they find is for a person to look at, which the contact sheets are for.
"""

import io
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.header import Header
from model.reading.signatures import HEAD_BYTES, Signature, recognise

_PLAIN_RADIOGRAPHY: Final = frozenset({"CR", "DX", "DR", "RG", "XA", "RF", "OT", "SC", "XC", ""})
_COLOURED: Final = 60
_SIDE: Final = 512
_SMALLEST: Final = 128
_SHORTEST_BAR: Final = 0.12
_LONGEST_BAR: Final = 0.6
_FEWEST_EDGES: Final = 2


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
        pictures), `bright_bars` (hardware is among them).
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
    elif has_bright_bars(eight):
        found.add("bright_bars")
    return frozenset(found)


def _reduced(picture: NDArray[np.uint16]) -> NDArray[np.uint8]:
    scale = min(1.0, _SIDE / max(picture.shape))
    rows, columns = (max(1, round(side * scale)) for side in picture.shape)
    small = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA)
    return (np.asarray(small, np.uint16) >> 8).astype(np.uint8)


def _colours(content: bytes) -> set[str]:
    """Distinguish drawn marks from a photograph by how much of the picture is coloured."""
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


def has_bright_bars(picture: NDArray[np.uint8]) -> bool:
    """Whether straight, thin bars as bright as metal lie in the picture.

    Nails, rods and wires are such; so are the gaps between panels, the edges of films, strips with labels,
    and now and then a finger's shaft. Plates in projection, screws and what is covered by bone are missed.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), uint8

    Returns
    -------
    bool
        At least two edges, an eighth to six tenths of the longer side long, beyond which the picture is
        bright for at most a twentieth of the side.

    References
    ----------
    Grompone von Gioi et al. 2012, IPOL 2: LSD, a line segment detector.
    """
    side = max(picture.shape)
    smooth = cv2.GaussianBlur(picture, (0, 0), 1.0)
    found: Any = cv2.createLineSegmentDetector().detect(smooth)[0]  # None without a line
    lines = np.zeros((0, 4)) if found is None else np.asarray(found, np.float64).reshape(-1, 4)
    lengths = np.hypot(lines[:, 2] - lines[:, 0], lines[:, 3] - lines[:, 1])
    long = (lengths > _SHORTEST_BAR * side) & (lengths < _LONGEST_BAR * side)
    bars = sum(
        _is_bar(smooth, line, across)
        for line, length in zip(lines[long], lengths[long], strict=True)
        for across in _normals(line, length)
    )
    return bool(bars >= _FEWEST_EDGES)


def _normals(line: NDArray[np.float64], length: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    normal = np.array([line[1] - line[3], line[2] - line[0]]) / length
    return normal, -normal


def _is_bar(picture: NDArray[Any], line: NDArray[np.float64], across: NDArray[np.float64]) -> bool:
    """Whether the picture rises at a line, stays bright for a little, and falls again."""
    along = np.linspace(0.1, 0.9, 25)[:, None] * (line[2:] - line[:2]) + line[:2]
    steps = np.arange(-6.0, max(picture.shape) * 0.05 + 4)
    places = np.rint(along[None] + steps[:, None, None] * across).astype(np.intp)
    down = places[..., 1].clip(0, picture.shape[0] - 1)
    right = places[..., 0].clip(0, picture.shape[1] - 1)
    profile = np.median(picture[down, right], axis=1).astype(np.float64)
    outside, top = profile[:4].mean(), profile[7:11].max()
    fallen = np.nonzero(profile[8:-4] < (top + outside) / 2)[0]
    if top - outside <= 70 or top <= 199 or not fallen.size:
        return False
    beyond = profile[8 + fallen[0] : 12 + fallen[0]].min()
    return bool(top - beyond > 60)
