"""Whether the bytes of a file that may still be written are all there, by its structure alone."""

import zlib
from enum import Enum, StrEnum, auto
from typing import BinaryIO, Final

from model.reading.decoders.registry import WITH_END_MARKER
from model.reading.dicom.element_walk import read_outline
from model.reading.dicom.outline import (
    DEFLATED,
    Ending,
    Outline,
    native_span,
    pixels_are_whole,
)
from model.reading.jpeg_end import jpeg_is_whole
from model.reading.png_end import png_is_whole
from model.reading.signatures import HEAD_BYTES, Signature, may_become_known, recognise
from model.reading.unwritten import Holes, ends_in_hole, is_border, stops_at_block

_CHUNK_BYTES: Final = 1 << 20
_MOST_INFLATED_BYTES: Final = 1 << 28


class Completeness(StrEnum):
    """What the structure of a file says about its end."""

    COMPLETE = "complete"
    """Every byte up to the end of the pixels is there."""
    ENDS_CLEANLY = "ends_cleanly"
    """A DICOM without pixels that ends between two elements, or one that no further byte could mend."""
    INCOMPLETE = "incomplete"
    """A format of ours that ends too soon, or no bytes yet."""
    UNKNOWN = "unknown"
    """No format of ours."""


def examine(file: BinaryIO, size: int, holes: Holes = ()) -> Completeness:
    """Return whether a file is complete; its content never makes this raise.

    Parameters
    ----------
    file : binary file, seekable
        Best buffered; pixel data are stepped over, not read, except in JPEG and deflated files, and where a
        PNG may lack bytes: these are read once, in pieces of 1 MiB.
    size : int
        Bytes in the file, as the caller saw them.
    holes : sequence of (int, int)
        Parts that were never written, as `model.reading.unwritten` finds them: pixels may not end in one.

    Returns
    -------
    Completeness

    Raises
    ------
    OSError
        The file cannot be read.

    References
    ----------
    PNG (ISO/IEC 15948) 5.3; PS3.5 7.1 and A.4.
    """
    if size == 0:
        return Completeness.INCOMPLETE  # a name that its writer made, and fills later
    file.seek(0)
    head = file.read(min(HEAD_BYTES, size))
    signature = recognise(head)
    if signature is Signature.PNG:
        return _whole(is_whole=png_is_whole(file, size, holes))
    if signature is Signature.JPEG:
        return _whole(is_whole=jpeg_is_whole(file))
    if signature is Signature.UNKNOWN:
        return Completeness.INCOMPLETE if may_become_known(head) else Completeness.UNKNOWN
    return _examine_dicom(file, size, holes)


class Written(Enum):
    """Whether what a decoder reads of a file with holes was written."""

    ALL = auto()
    DOUBTFUL = auto()
    """The pixels end in a hole that may be a black border."""
    IN_PART = auto()


def judge_holes(file: BinaryIO, size: int, holes: Holes) -> Written:
    """Judge a file that is complete by its structure; one that is not was written as far as it goes.

    Parameters
    ----------
    file : binary file, seekable
    size : int
    holes : sequence of (int, int)

    Returns
    -------
    Written
    """
    if not holes:
        return Written.ALL
    incomplete = Completeness.INCOMPLETE
    if examine(file, size, holes) is not incomplete or examine(file, size) is incomplete:
        return Written.ALL
    span = native_span(read_outline(file, size))
    return Written.DOUBTFUL if span is not None and is_border(holes, *span) else Written.IN_PART


def _lacks_pixels(file: BinaryIO, found: Outline, size: int, holes: Holes) -> bool:
    """Return whether pixels that are there by their lengths were not written, or hardly can have been."""
    span = native_span(found)
    if span is None:
        return found.transfer_syntax_uid not in WITH_END_MARKER and ends_in_hole(holes, size)

    def read(start: int, stop: int) -> bytes:
        file.seek(start)
        return file.read(stop - start)

    return ends_in_hole(holes, span[1]) or stops_at_block(read, *span)


def _examine_dicom(file: BinaryIO, size: int, holes: Holes) -> Completeness:
    found = read_outline(file, size)
    if found.transfer_syntax_uid == DEFLATED and found.ending is Ending.EXACT:
        return _whole(is_whole=_deflate_is_whole(file, found.dataset_at))
    if found.pixels is not None or (found.is_image and found.ending is not Ending.EXACT):
        is_whole = pixels_are_whole(found)
        return _whole(is_whole=is_whole and not _lacks_pixels(file, found, size, holes))
    return Completeness.INCOMPLETE if found.ending is Ending.CUT else Completeness.ENDS_CLEANLY


def _whole(*, is_whole: bool) -> Completeness:
    return Completeness.COMPLETE if is_whole else Completeness.INCOMPLETE


def _deflate_is_whole(file: BinaryIO, place: int) -> bool:
    """Return whether a deflated data set reaches its end; a bomb counts as whole, and decoding refuses it."""
    file.seek(place)
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = 0
    try:
        while not stream.eof:
            chunk = stream.unconsumed_tail or file.read(_CHUNK_BYTES)
            out = stream.decompress(chunk, _CHUNK_BYTES)
            if not (chunk or out):
                return False
            inflated += len(out)
            if inflated > _MOST_INFLATED_BYTES:
                return True
    except zlib.error:
        return False  # damaged, or space that is reserved and filled later
    return True
