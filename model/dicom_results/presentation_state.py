"""Outlines of the evidence as a presentation state: a viewer lays them over the image, and takes them away.

It shows the image as the network saw it. A presentation state takes the place of all that the image says of
its display: modality and VOI transformation, polarity and shape of the pixels must stand in it, too.

References
----------
PS3.3 A.33.1 Grayscale Softcopy Presentation State IOD, C.10.5 Graphic Annotation, C.10.7 Graphic Layer,
C.11.6 Softcopy Presentation LUT; PS3.4 N.2.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from model.dicom_results.made_object import MadeObject
from model.dicom_results.stamp import Stamp
from model.dicom_results.structured_report import region_uid
from model.dicom_results.wording import NOT_A_DEVICE, decided
from model.pictures.evidence_region import Outline
from model.reading.display import LookupTable, Rescale, Window
from model.reading.excerpt import ShownFrame
from model.reading.luts import apply_voi
from model.reading.normalise import WHITE

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

LAYER: Final = "INBOXRAY"
_YELLOW: Final = (90.0, -10.0, 80.0)
"""CIE L*a*b*; what a viewer without colours shows is bright, too."""
_LUT_DESCRIPTOR, _LUT_DATA = 0x0028_3002, 0x0028_3006
_LUT_BITS: Final = 16
_CURVE_WIDTHS: Final = 2  # from the middle of a curve to where it is black or white, but for 1 of 3,000
_LEAST_ENTRIES: Final = 256
_LO: Final = 64
_DS_CHARACTERS: Final = 16


def presentation_state(stamp: Stamp, outlines: Sequence[Outline], shown: ShownFrame) -> MadeObject:
    """Make a presentation state of a grey image.

    Parameters
    ----------
    stamp : Stamp
    outlines : sequence of ndarray
        At least one; see `model.pictures.evidence_region`.
    shown : ShownFrame
        How the frame was shown to the network.

    Returns
    -------
    MadeObject
    """
    from highdicom.pr import GrayscaleSoftcopyPresentationState

    layer, annotation = _graphics(stamp, outlines)
    made = GrayscaleSoftcopyPresentationState(
        referenced_images=[stamp.source.dataset],
        content_label="INBOXRAY",
        content_description=f"what raised the score; {NOT_A_DEVICE}"[:_LO],
        graphic_layers=[layer],
        graphic_annotations=[annotation],
        series_description=f"inboxray: what raised the score, {NOT_A_DEVICE}"[:_LO],
        **stamp.arguments(),
    )
    stamp.put_time(made, "PresentationCreationDate", "PresentationCreationTime")
    made.Laterality = stamp.source.laterality  # type 2C: empty if not known
    _add_frame(made, stamp)
    _add_shape(made, stamp.source.aspect)
    _add_values(made, shown)
    made.PresentationLUTShape = "INVERSE" if shown.is_inverse else "IDENTITY"
    return stamp.finish(made)


def _graphics(stamp: Stamp, outlines: Sequence[Outline]) -> tuple[Any, Any]:
    from highdicom.color import CIELabColor
    from highdicom.pr import GraphicAnnotation, GraphicLayer, GraphicObject, TextObject

    says = f"what raised the score; {NOT_A_DEVICE}"
    layer = GraphicLayer(LAYER, order=1, description=says, display_color=CIELabColor(*_YELLOW))
    graphics = [
        GraphicObject(
            "POLYLINE",
            np.asarray(outline),
            "PIXEL",
            tracking_id=f"what raised the score, {number}",
            tracking_uid=region_uid(stamp.answer, number),
        )
        for number, outline in enumerate(outlines, start=1)
    ]
    words = TextObject(
        f"{decided(stamp.answer)}; {stamp.answer.model.title}; {NOT_A_DEVICE}",
        "DISPLAY",
        bounding_box=(0.01, 0.01, 0.99, 0.06),
        text_justification="LEFT",
    )
    return layer, GraphicAnnotation(
        [stamp.source.dataset],
        layer,
        graphic_objects=graphics,
        text_objects=[words],
    )


def _add_frame(made: "Dataset", stamp: Stamp) -> None:
    """Let all of the state be for the one frame; highdicom knows of an image with one frame."""
    if stamp.answer.frames > 1:
        for place in (made.ReferencedSeriesSequence[0], made.GraphicAnnotationSequence[0]):
            place.ReferencedImageSequence[0].ReferencedFrameNumber = stamp.answer.frame


def _add_shape(made: "Dataset", aspect: float) -> None:
    """Say which shape pixels have: highdicom takes them for square."""
    vertical, horizontal = (1000, 1000) if aspect == 1 else (round(1000 * aspect), 1000)
    made.DisplayedAreaSelectionSequence[0].PresentationPixelAspectRatio = (
        [1, 1] if vertical == horizontal else [vertical, horizontal]
    )


def _add_values(made: "Dataset", shown: ShownFrame) -> None:
    """Say how stored values become what is shown.

    A modality table is written together with what follows it: some programs refuse one of 16 bits whose
    entries need fewer, and one of fewer bits too.
    """
    from pydicom.dataset import Dataset

    item, modality, voi = Dataset(), shown.modality, shown.voi
    if isinstance(modality, LookupTable):
        both = apply_voi(modality.entries.astype(np.float64), voi)
        item.VOILUTSequence = [_table(modality.first, both)]
    elif isinstance(voi, LookupTable):
        item.VOILUTSequence = [_table(voi.first, voi.entries / voi.maximum)]
    elif voi.function == "SIGMOID" and (sampled := _sampled(voi, shown)) is not None:
        item.VOILUTSequence = [_table(*sampled)]
    else:
        _add_window(item, voi)
    if isinstance(modality, Rescale):
        made.RescaleIntercept = _decimal(modality.intercept)
        made.RescaleSlope = _decimal(modality.slope)
        made.RescaleType = "US"
    made.SoftcopyVOILUTSequence = [item]


def _add_window(item: "Dataset", window: Window) -> None:
    """Write a window; one that is meant exactly as one that begins and ends half a value before."""
    is_exact = window.function == "LINEAR_EXACT"
    item.WindowCenter = _decimal(window.center + 0.5 * is_exact)
    item.WindowWidth = _decimal(window.width + is_exact)
    if window.function == "SIGMOID":
        item.VOILUTFunction = "SIGMOID"


def _sampled(window: Window, shown: ShownFrame) -> tuple[int, NDArray[np.float64]] | None:
    """Write a curve as a table, which programs follow that take each window for a straight one.

    Returns
    -------
    tuple of (int, ndarray) or None
        First value and what is shown; None for a curve that no table holds.
    """
    first, last = (round(window.center + side * _CURVE_WIDTHS * window.width) for side in (-1, 1))
    first = first if shown.has_negative else max(first, 0)  # read without a sign where there is none
    if last - first < _LEAST_ENTRIES or not (-(1 << 15) <= first < last < 1 << 15):
        return None
    return first, apply_voi(np.arange(first, last + 1, dtype=np.float64), window)


def _table(first: int, shown: NDArray[np.float64]) -> "Dataset":
    """Write a table of what is shown, 0 black and 1 white, from the first value on that it is for.

    References
    ----------
    PS3.3 C.11.8.1 LUT Descriptor: of 8 or 16 bits.
    """
    from pydicom.dataset import Dataset

    item = Dataset()
    count, is_signed = len(shown), first < 0
    if is_signed:  # then the number of entries is written with a sign, too
        count = count - (1 << 16) if count >= 1 << 15 else count
    elif count == 1 << 16:
        count = 0
    entries = np.rint(np.clip(shown, 0, 1) * WHITE).astype("<u2")
    item.add_new(_LUT_DESCRIPTOR, "SS" if is_signed else "US", [count, first, _LUT_BITS])
    item.add_new(_LUT_DATA, "OW", entries.tobytes())
    return item


def _decimal(number: float) -> str:
    """Write a number as a decimal string of at most 16 characters (DS)."""
    for digits in range(17, 0, -1):
        written = f"{number:.{digits}g}"
        if len(written) <= _DS_CHARACTERS:
            return written
    raise AssertionError
