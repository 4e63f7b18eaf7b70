"""The picture with its heat map and a few words as a secondary capture: every viewer shows it.

References
----------
PS3.3 A.8.1 Secondary Capture Image IOD, C.8.6.
"""

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from model.decisions.decision import Decision
from model.dicom_results import codes
from model.dicom_results.codes import concept
from model.dicom_results.made_object import MadeObject
from model.dicom_results.scan_answer import ScanAnswer
from model.dicom_results.stamp import Stamp
from model.dicom_results.wording import NOT_A_DEVICE, decided
from model.pictures.heat_map import LEGEND, LEGEND_OF_ABSTAINED, lay_over
from model.pictures.write import to_8_bit

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_LEAST_WIDTH: Final = 720
"""Pixels: the words are to be read beside a narrow picture, too."""
_LINE_SHARE: Final = 28  # of the width: the height of a line
_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
_LO: Final = 64

Colour = NDArray[np.uint8]


def secondary_capture(stamp: Stamp, picture: NDArray[np.uint16]) -> MadeObject:
    """Draw the answer, and make an image of it.

    Parameters
    ----------
    stamp : Stamp
    picture : ndarray, shape (rows, columns), uint16
        The frame that made the answer, as it was shown to the network; 0 black, 65535 white.

    Returns
    -------
    MadeObject
    """
    from highdicom.sc import SCImage

    source = stamp.source
    made = SCImage.from_ref_dataset(
        source.dataset,
        pixel_array=draw_answer(picture, stamp.answer),
        photometric_interpretation="RGB",
        bits_allocated=8,
        coordinate_system="PATIENT",
        patient_orientation=("L", "F"),  # one is asked for; that of the image is given below
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        series_description=f"inboxray: what raised the score, {NOT_A_DEVICE}"[:_LO],
        content_date=stamp.moment.date(),
        content_time=stamp.moment.time(),
        **stamp.arguments(),
    )
    made.PatientOrientation = source.orientation
    made.Laterality = source.laterality  # type 2C: empty if not known
    made.ImageType = ["DERIVED", "SECONDARY"]
    made.ConversionType = "WSD"
    stamp.put_time(made, "DateOfSecondaryCapture", "TimeOfSecondaryCapture")
    made.DerivationDescription = f"heat map of a model over the image; {NOT_A_DEVICE}"
    made.SourceImageSequence = [_source(stamp)]
    if source.burned_in:
        made.BurnedInAnnotation = source.burned_in
    if source.is_lossy:
        made.LossyImageCompression = "01"
    return stamp.finish(made)


def draw_answer(picture: NDArray[np.uint16], answer: ScanAnswer) -> Colour:
    """Draw a picture with its heat map, a legend, and what was decided by what.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), uint16
    answer : ScanAnswer

    Returns
    -------
    ndarray, shape (rows', columns'), uint8
        Red, green, blue; at least 720 pixels wide. The picture is in the upper left corner.
    """
    if answer.heat_map is None:
        drawn = np.repeat(to_8_bit(picture)[..., None], 3, axis=2)
    else:
        abstained = answer.decision is Decision.ABSTAINED
        drawn = lay_over(picture, answer.heat_map, LEGEND_OF_ABSTAINED if abstained else LEGEND)
    lines = [decided(answer), f"{answer.model.title}; {NOT_A_DEVICE}", "not verified by any person"]
    if answer.frames > 1:
        lines.append(f"frame {answer.frame} of {answer.frames}")
    width = max(drawn.shape[1], _LEAST_WIDTH)
    height = width // _LINE_SHARE
    page = np.zeros((drawn.shape[0] + height * len(lines) + height // 2, width, 3), np.uint8)
    page[: drawn.shape[0], : drawn.shape[1]] = drawn
    for number, line in enumerate(lines, start=1):
        _write(page, line, drawn.shape[0] + number * height, height)
    return page


def _write(page: Colour, line: str, bottom: int, height: int) -> None:
    scale, thick = height / 36, max(height // 20, 1)
    (long, _), _ = cv2.getTextSize(line, _FONT, scale, thick)
    scale *= min(1.0, (page.shape[1] - height) / max(long, 1))
    place = (height // 2, bottom - height // 5)
    cv2.putText(page, line, place, _FONT, scale, (255, 255, 255), thick, cv2.LINE_AA)


def _source(stamp: Stamp) -> "Dataset":
    from pydicom.dataset import Dataset

    item = Dataset()
    item.ReferencedSOPClassUID = stamp.source.dataset.SOPClassUID
    item.ReferencedSOPInstanceUID = stamp.source.sop_instance_uid
    if stamp.answer.frames > 1:
        item.ReferencedFrameNumber = stamp.answer.frame
    item.PurposeOfReferenceCodeSequence = [concept(codes.SOURCE_OF_PROCESSING)]
    return item
