"""From an answer and its image to the objects that report it: the one way in."""

import logging
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import tzinfo

import numpy as np
from numpy.typing import NDArray

from model.dicom_results.made_object import (
    PRESENTATION_STATE,
    SECONDARY_CAPTURE,
    STRUCTURED_REPORT,
    MadeObject,
)
from model.dicom_results.scan_answer import ScanAnswer
from model.dicom_results.source_image import source_image
from model.dicom_results.stamp import stamp
from model.header import Header
from model.pictures.evidence_region import Outline, outline_evidence
from model.reading.excerpt import Excerpt
from model.reading.preprocess import letterbox

PICTURE_SIZE = 1024
"""Pixels of the longer side of a picture in a secondary capture."""


def make_objects(
    answer: ScanAnswer,
    header: Header,
    excerpt: Excerpt,
    square: NDArray[np.uint16] | None,
    kinds: Collection[str],
    zone: tzinfo,
) -> list[MadeObject]:
    """Make the objects of an answer; made again of the same, they have the same bytes.

    What libraries warn of is not shown, since they quote values of patients: call it from one thread, for
    Python keeps what is shown for the whole process.

    Parameters
    ----------
    answer : ScanAnswer
    header : Header
        Of the DICOM file that was answered.
    excerpt : Excerpt
        Of the same; with `shown` for all but the structured report.
    square : ndarray, shape (size, size), uint16, or None
        The frame that made the answer, fitted into a square; needed for the secondary capture.
    kinds : collection of str
        Of `model.dicom_results.made_object.KINDS`.
    zone : tzinfo
        Of the site; for times of images that do not say in which they are.

    Returns
    -------
    list of MadeObject
        In the order of `KINDS`. There is no presentation state of a coloured image, nor of an answer without
        a region: it would show nothing.
    """
    with quiet_libraries():
        return list(_made(answer, header, excerpt, square, kinds, zone))


def _made(
    answer: ScanAnswer,
    header: Header,
    excerpt: Excerpt,
    square: NDArray[np.uint16] | None,
    kinds: Collection[str],
    zone: tzinfo,
) -> Iterator[MadeObject]:
    from model.dicom_results.presentation_state import presentation_state
    from model.dicom_results.secondary_capture import secondary_capture
    from model.dicom_results.structured_report import structured_report

    source, shown = source_image(header, excerpt, answer.identity.sha256), excerpt.shown
    outlines: tuple[Outline, ...] = ()
    if answer.has_region and answer.heat_map is not None:
        outlines = outline_evidence(answer.heat_map, source.rows, source.columns, source.aspect)
    if STRUCTURED_REPORT in kinds:
        yield structured_report(stamp(STRUCTURED_REPORT, answer, source, zone), outlines)
    if SECONDARY_CAPTURE in kinds and shown is not None and square is not None:
        box = letterbox(shown.rows, shown.columns, square.shape[0])
        picture = square[box.top : box.top + box.height, box.left : box.left + box.width]
        yield secondary_capture(stamp(SECONDARY_CAPTURE, answer, source, zone), picture)
    if PRESENTATION_STATE in kinds and shown is not None and shown.is_grey and outlines:
        yield presentation_state(stamp(PRESENTATION_STATE, answer, source, zone), outlines, shown)


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Let pydicom and highdicom warn of nothing, for what they say quotes values of patients.

    Yields
    ------
    None
    """
    loggers = [logging.getLogger(name) for name in ("pydicom", "highdicom")]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled


def preload() -> None:
    """Import what making needs, seconds once, before the first answer waits for it."""
    import highdicom.pr
    import highdicom.sc
    import highdicom.sr  # noqa: F401
