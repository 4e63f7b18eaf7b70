"""Whether the pixels of a DICOM file are there, whole and as labelled: what shows before one is decoded."""

import dataclasses
import re
import struct
from typing import TYPE_CHECKING

from model.advice import Advice
from model.errors import BadHeader, BadPixels, Dicomdir, NoImage, ScanError, Truncated, Unreadable
from model.reading.decoders.codestream import starts_stream
from model.reading.decoders.layout import PixelLayout
from model.reading.decoders.registry import NATIVE, find_decoder
from model.reading.dicom.outline import PIXEL_GROUP, Ending, Outline, PixelForm, pixels_are_whole
from model.reading.limits import Limits

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_DICOMDIR = "1.2.840.10008.1.3.10"
_LEAST_ELEMENT = 8  # bytes
_LEAST_LINE_ENDS = 4
_UID = re.compile(r"[0-9]+(?:\.[0-9]+)+")


def by_length(layout: PixelLayout, found: Outline, warnings: set[str]) -> PixelLayout:
    """Return the layout by the length of native pixels: a label of shared colours may be left over.

    Parameters
    ----------
    layout : PixelLayout
        As the header has it.
    found : Outline
    warnings : set of str
        Gets `colour_sampling_contradicts`.

    Returns
    -------
    PixelLayout

    References
    ----------
    PS3.3 C.7.6.3.1.2 Photometric Interpretation (YBR_FULL_422).
    """
    pixels = found.pixels
    assert pixels is not None
    if pixels.form is not PixelForm.NATIVE or pixels.length is None or not layout.has_shared_colours:
        return layout
    whole = dataclasses.replace(layout, photometric_interpretation="YBR_FULL")
    if pixels.length * 8 < whole.frames * whole.frame_bits:
        return layout
    warnings.add("colour_sampling_contradicts")
    return whole


def check_rest(data: bytes, found: Outline, warnings: set[str]) -> None:
    """Look at what stands behind native pixels: elements, padding, or the traces of a transfer as text.

    Parameters
    ----------
    data : bytes
        The file, or its inflated data set.
    found : Outline
        Of the same.
    warnings : set of str
        Gets `bytes_behind_pixels`.

    Raises
    ------
    BadPixels
        Line ends were rewritten: bytes were put in between, and no pixel stands where it should.
    """
    pixels = found.pixels
    assert pixels is not None
    if pixels.form is not PixelForm.NATIVE or pixels.length is None:
        return
    rest = data[pixels.value_at + pixels.length :]
    order = ">" if found.is_big_endian else "<"
    if len(rest) >= _LEAST_ELEMENT and struct.unpack_from(order + "H", rest)[0] > PIXEL_GROUP:
        return
    if not rest.strip(b"\x00"):
        return
    ends = data.count(b"\n")
    if ends >= _LEAST_LINE_ENDS and data.count(b"\r\n") == ends:
        raise BadPixels("line ends were rewritten in transfer", advice=Advice.SEND_AS_BYTES)
    warnings.add("bytes_behind_pixels")


def check_pixels(dataset: "Dataset", found: Outline, limits: Limits, data: bytes) -> PixelLayout:
    """Return how the pixels lie, once all that a header says of them fits what is there.

    Parameters
    ----------
    dataset : pydicom.dataset.Dataset
        Up to the pixel data element.
    found : Outline
    limits : Limits
    data : bytes
        The file, or its inflated data set.

    Returns
    -------
    PixelLayout

    Raises
    ------
    Dicomdir, NoImage
        It is not for us.
    TooLarge, Truncated, BadHeader, UnsupportedTransferSyntax, Unreadable
        It cannot be read.
    """
    if found.sop_class_uid == _DICOMDIR or "DirectoryRecordSequence" in dataset:
        raise Dicomdir
    pixels = found.pixels
    if pixels is None:
        raise _without_pixels(found)
    if pixels.length == 0 and pixels.is_whole:
        raise NoImage("the Pixel Data element is empty", advice=Advice.COMPARE_A_PICTURE)
    try:
        layout = PixelLayout.from_dataset(dataset, pixels.keyword, limits)
    except BadHeader:
        if not pixels_are_whole(found):
            raise Truncated from None
        raise
    if not pixels_are_whole(found):  # after the limits: a size beyond reason is the better reason
        raise Truncated
    _check_syntax(found, data)
    return layout


def _without_pixels(found: Outline) -> ScanError:
    """Say why there are no pixels: nothing that was cut, or is unsound, counts as an object without image.

    One that describes a picture and ends between two elements is a whole file of which only the header was
    exported, unless its transfer broke off at just that place: the message says so.
    """
    if found.ending is Ending.CUT:
        return Truncated()
    if found.is_image and found.ending is Ending.EXACT:
        return NoImage(
            "the file describes a picture and ends before the Pixel Data element: it holds the header alone",
            advice=Advice.COMPARE_A_PICTURE,
        )
    if found.ending is Ending.MALFORMED or not _UID.fullmatch(found.sop_class_uid or ""):
        return Unreadable()
    return NoImage()


def _check_syntax(found: Outline, data: bytes) -> None:
    syntax = found.transfer_syntax_uid
    assert found.pixels is not None
    is_native = found.pixels.form is PixelForm.NATIVE
    is_bare = found.pixels.form is PixelForm.BARE
    if is_bare and not starts_stream(data, found.pixels.value_at):
        raise BadHeader("pixels are not encapsulated, but the transfer syntax is a compressed one")
    if is_native and syntax is not None and syntax not in NATIVE:
        find_decoder(syntax)  # a syntax that we do not know may be a native one, and that is what to say then
        raise BadHeader("pixels are not encapsulated, but the transfer syntax is a compressed one")
    if not is_native:
        if found.pixels.keyword != "PixelData":
            raise BadHeader("floating point pixels are encapsulated; no transfer syntax allows it")
        if syntax in NATIVE:
            raise BadHeader("pixels are encapsulated, but the transfer syntax is an uncompressed one")
        find_decoder(syntax)
