"""What a child does for DICOM objects that are made of an answer: it reads a header, and one picture."""

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Any

from daemon.decoding.decode import answer_file
from daemon.decoding.limits import ChildLimits
from daemon.decoding.messages import Decoded, ExcerptRequest, OpenPicture
from model.errors import BadPixels
from model.header import Header
from model.reading.excerpt import Excerpt, ShownFrame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model.reading.prepare import Pictures


def excerpt_file(
    descriptor: int,
    limits: ChildLimits,
    request: ExcerptRequest,
    open_picture: OpenPicture,  # noqa: ARG001 -- nothing is written
) -> Decoded:
    """Read what objects take over of a file, and a picture for them.

    Parameters
    ----------
    descriptor : int
        The file, open to be read.
    limits : ChildLimits
        `limits.input_size` is that of the picture.
    request : ExcerptRequest
    open_picture : callable

    Returns
    -------
    Decoded
        With an excerpt if it is a DICOM file; the picture of the frame is its `inputs`, fitted into a square.
    """
    from model.reading.prepare import open_pictures  # as in `daemon.decoding.decode`

    def take(data: bytes, extend: Callable[[Header], None]) -> dict[str, Any]:
        pictures = open_pictures(data, limits.pixels)
        extend(pictures.header)
        excerpt, inputs = _taken(pictures, request, limits.input_size)
        return {"header": pictures.header, "inputs": inputs, "excerpt": excerpt}

    return answer_file(descriptor, limits, take)


def _taken(
    pictures: "Pictures", request: ExcerptRequest, size: int
) -> "tuple[Excerpt | None, NDArray[np.uint16] | None]":
    from model.reading.dicom.excerpt_elements import texts_of
    from model.reading.dicom.frame_display import aspect_of
    from model.reading.preprocess import preprocess

    dataset = pictures.dataset
    if dataset is None:
        return None, None
    texts, aspect = texts_of(dataset), aspect_of(dataset, request.frame - 1, pictures.warnings)
    if not request.is_drawn:
        return Excerpt(texts, aspect), None
    shown = next(islice(pictures.with_frames(), request.frame - 1, None), None)
    if shown is None:
        raise BadPixels("the file has no such frame")
    frame, picture = shown
    return Excerpt(texts, aspect, _shown_frame(frame, picture)), preprocess(picture, size)[None]


def _shown_frame(frame: Any, picture: "NDArray[np.uint16]") -> ShownFrame:
    from model.reading.dicom.frame_display import may_be_negative
    from model.reading.display import Window
    from model.reading.normalise import shown_window

    display = frame.display
    is_grey = frame.stored.ndim == 2 and display.palette is None
    return ShownFrame(
        rows=picture.shape[0],
        columns=picture.shape[1],
        is_grey=is_grey,
        is_inverse=display.photometric_interpretation == "MONOCHROME1",
        has_negative=may_be_negative(display.modality, display.bits_stored, is_signed=display.is_signed),
        modality=display.modality,
        voi=shown_window(frame) if is_grey else Window(128, 256),
    )
