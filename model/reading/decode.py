"""From a file's bytes to its frames, one at a time, as stored in the file."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from numpy.typing import NDArray

from model.errors import EmptyFile, Truncated, UnknownFormat
from model.header import Header
from model.reading.completeness import Completeness, examine
from model.reading.display import Display
from model.reading.limits import Limits
from model.reading.signatures import HEAD_BYTES, Signature, may_become_known, recognise

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["Frame", "Limits", "Scan", "open_scan"]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a scan.

    Attributes
    ----------
    stored : ndarray, shape (rows, columns) or (rows, columns, 3)
        Values as in the file: integers, `display.bits_stored` bits of which count, or floating point.
    display : Display
        How to show them.
    """

    stored: NDArray[Any]
    display: Display


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """A file whose header is read, and whose frames can be.

    Attributes
    ----------
    header : Header
    warnings : set of str
        What was odd, by category; grows while frames are read.
    dataset : pydicom.dataset.Dataset or None
        Of a DICOM file, up to the pixels.
    """

    header: Header
    warnings: set[str] = field(default_factory=set)
    _frames: Callable[[], Iterator[Frame]] = field(default=lambda: iter(()))
    dataset: "Dataset | None" = None

    def frames(self) -> Iterator[Frame]:
        """Decode frame after frame, so that memory holds one of them.

        Returns
        -------
        iterator of Frame

        Raises
        ------
        ScanError
            A frame cannot be decoded.
        """
        return self._frames()


def open_scan(data: bytes, limits: Limits, *, least_side: int | None = None) -> Scan:
    """Read a file's header, and refuse what is no picture, or too large, before any pixel is decoded.

    Parameters
    ----------
    data : bytes
        The whole file.
    limits : Limits
    least_side : int, optional
        JPEG 2000 frames may be decoded at a lower resolution, in a fraction of the time, as long as their
        longer side keeps so many pixels. They come at their full size, and `REDUCED` is among the warnings.

    Returns
    -------
    Scan

    Raises
    ------
    ScanError
        One of its subclasses; those of other libraries come through; `model.reading.prepare` maps them.
    """
    if not data:
        raise EmptyFile
    head = data[:HEAD_BYTES]
    signature = recognise(head)
    if signature is Signature.UNKNOWN:
        raise Truncated if may_become_known(head) else UnknownFormat
    if signature in (Signature.DICOM, Signature.BARE_DICOM):
        return _open_dicom(data, limits, least_side)
    return _open_raster(data, "png" if signature is Signature.PNG else "jpeg", limits)


def _open_dicom(data: bytes, limits: Limits, least_side: int | None) -> Scan:
    from model.reading.dicom.even_display import are_even
    from model.reading.dicom.file import open_dicom
    from model.reading.dicom.frame_display import FrameDisplays

    opened = open_dicom(data, limits)
    warnings = opened.warnings
    if opened.header.transfer_syntax_uid is None:
        warnings.add("transfer_syntax_missing")

    def frames() -> Iterator[Frame]:
        displays = FrameDisplays(opened.dataset, opened.layout, warnings, opened.header.sop_class_uid)
        side = least_side
        if side is not None and not (opened.may_be_reduced(side) and are_even(displays, opened.layout)):
            side = None
        for index, decoded in enumerate(opened.decoded_frames(least_side=side)):
            yield Frame(decoded.pixels, displays.of(index, decoded))

    return Scan(opened.header, warnings, frames, opened.dataset)


def _open_raster(data: bytes, kind: Literal["png", "jpeg"], limits: Limits) -> Scan:
    from model.reading.decoders.raster import open_raster

    if examine(io.BytesIO(data), len(data)) is Completeness.INCOMPLETE:
        raise Truncated(header=Header(format=kind))
    raster = open_raster(data, kind, limits)

    def frames() -> Iterator[Frame]:
        picture = raster.decode()
        warnings.update(picture.warnings)
        photometric, bits = "RGB" if picture.values.ndim == 3 else "MONOCHROME2", picture.bits
        display = Display(
            photometric, bits, bits - 1, is_display_ready=True, pixel_aspect=picture.pixel_aspect
        )
        yield Frame(picture.values, display)

    header = Header(format=kind, rows=raster.rows, columns=raster.columns, frames=1)
    warnings: set[str] = set()
    return Scan(header, warnings, frames)
