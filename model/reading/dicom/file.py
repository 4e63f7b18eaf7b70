"""A DICOM file: its header, and the frames in it."""

import dataclasses
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from model.advice import Advice
from model.errors import (
    ExecutablePreamble,
    ScanError,
    Truncated,
    Unreadable,
    UnsupportedTransferSyntax,
)
from model.header import Header
from model.reading.decoders.decoded_frame import DecodedFrame
from model.reading.decoders.layout import PixelLayout
from model.reading.decoders.native import decode_native
from model.reading.decoders.registry import IN_LEVELS, REFERENCED, find_decoder
from model.reading.dicom.checks import by_length, check_pixels, check_rest
from model.reading.dicom.element_walk import read_outline
from model.reading.dicom.encapsulated import MORE_FRAMES, bare_frames
from model.reading.dicom.encapsulated import frames as encapsulated_frames
from model.reading.dicom.inflate import inflate
from model.reading.dicom.outline import (
    DEFLATED,
    PIXEL_TAGS,
    Ending,
    Outline,
    PixelElement,
    PixelForm,
    native_span,
)
from model.reading.limits import Limits
from model.reading.signatures import begins_like_a_program
from model.reading.unwritten import ENDS_IN_ZEROS, ends_in_zeros

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


@dataclass(frozen=True, slots=True, eq=False)
class DicomFile:
    """A DICOM file whose header was read and whose pixels are whole.

    Attributes
    ----------
    header : Header
    dataset : pydicom.dataset.Dataset
        Up to the pixel data element, which is left out.
    layout : PixelLayout
    data : bytes
        The file, or its inflated data set.
    outline : Outline
        Of `data`.
    warnings : set of str
        What was odd, by category; grows while frames are decoded.
    """

    header: Header
    dataset: "Dataset"
    layout: PixelLayout
    data: bytes
    outline: Outline
    warnings: set[str]

    def may_be_reduced(self, least_side: int) -> bool:
        """Return whether frames may come at a lower resolution, by what the header says of their values.

        They may not where values stand for padding or hold an overlay, which no mean with others does.

        Parameters
        ----------
        least_side : int
            Pixels that their longer side keeps.

        Returns
        -------
        bool
        """
        is_grey = self.layout.photometric_interpretation in ("MONOCHROME1", "MONOCHROME2")
        is_large = max(self.layout.rows, self.layout.columns) >= 2 * least_side
        has_levels = self.header.transfer_syntax_uid in IN_LEVELS
        is_plain = not (
            self.layout.is_signed
            or "PixelPaddingValue" in self.dataset
            or _has_overlay_in_pixels(self.dataset)
        )
        return has_levels and is_large and is_grey and is_plain

    def decoded_frames(self, *, least_side: int | None = None) -> Iterator[DecodedFrame]:
        """Decode frame after frame.

        Parameters
        ----------
        least_side : int, optional
            JPEG 2000 frames may be decoded at a lower resolution, as long as their longer side keeps so many
            pixels; only where `may_be_reduced` says so.

        Yields
        ------
        DecodedFrame

        Raises
        ------
        BadPixels
            A frame cannot be decoded.
        """
        pixels = self.outline.pixels
        assert pixels is not None
        if pixels.form is PixelForm.NATIVE:
            assert pixels.length is not None
            view = memoryview(self.data)[pixels.value_at : pixels.value_at + pixels.length]
            if len(view) * 8 >= (self.layout.frames + 1) * self.layout.frame_bits:
                self.warnings.add(MORE_FRAMES)
            big, words = self.outline.is_big_endian, pixels.vr == "OW"
            for index in range(self.layout.frames):
                decoded = decode_native(view, self.layout, index, is_big_endian=big, has_words=words)
                self.warnings.update(decoded.warnings)
                yield decoded
            return
        decode = find_decoder(self.header.transfer_syntax_uid, least_side=least_side)
        for encoded in self._encoded_frames(pixels):
            decoded = decode(encoded, self.layout)
            self.warnings.update(decoded.warnings)
            yield decoded

    def _encoded_frames(self, pixels: PixelElement) -> Iterator[bytes]:
        count = self.layout.frames
        if pixels.form is PixelForm.FRAGMENTS:
            if pixels.length is not None:
                self.warnings.add("encapsulated_with_length")
            return encapsulated_frames(self.data, pixels.value_at, count, self.warnings)
        self.warnings.add("encapsulated_without_items")
        assert pixels.length is not None
        return bare_frames(self.data[pixels.value_at : pixels.value_at + pixels.length], count, self.warnings)


def _has_overlay_in_pixels(dataset: "Dataset") -> bool:
    """Say whether a bit of each pixel is that of an overlay: Overlay Bit Position, PS3.3 C.9.2, retired."""
    tags = [(group, 0x0102) for group in range(0x6000, 0x6020, 2)]
    values = [dataset.get_item(tag).value for tag in tags if tag in dataset]
    return any(any(value) if isinstance(value, bytes) else bool(value) for value in values)


def open_dicom(data: bytes, limits: Limits) -> DicomFile:
    """Read the header of a DICOM file and check all that can be checked before decoding.

    Parameters
    ----------
    data : bytes
        The whole file; its signature is one of DICOM.
    limits : Limits

    Returns
    -------
    DicomFile

    Raises
    ------
    ExecutablePreamble, Dicomdir, NoImage
        It is not for us.
    TooLarge, Truncated, BadHeader, UnsupportedTransferSyntax, Unreadable
        It cannot be read.
    """
    if begins_like_a_program(data):
        raise ExecutablePreamble
    found = read_outline(io.BytesIO(data), len(data))
    syntax = found.transfer_syntax_uid
    if syntax in REFERENCED:
        raise UnsupportedTransferSyntax(header=Header(format="dicom", transfer_syntax_uid=syntax))
    if syntax == DEFLATED and found.ending is Ending.EXACT:
        data = inflate(data, found.dataset_at, limits.max_inflated_bytes)
        meta = found.values
        found = read_outline(io.BytesIO(data), len(data), is_inflated=True)
        found = dataclasses.replace(found, values={**meta, **found.values})
    if found.ending is Ending.ENDLESS:
        raise Unreadable("more elements than any scan has", advice=Advice.EXPORT)
    dataset = header_dataset(data, found)
    header = Header.from_dataset(dataset)
    sop_class = header.sop_class_uid or found.sop_class_uid
    header = dataclasses.replace(
        header,
        transfer_syntax_uid=syntax,
        sop_class_uid=sop_class,
        calling_ae=found.calling_ae,
        calling_address=found.calling_address,
    )
    try:
        layout = check_pixels(dataset, found, limits, data)
    except ScanError as error:
        error.header = header
        raise
    warnings: set[str] = set()
    layout = by_length(layout, found, warnings)
    check_rest(data, found, warnings)
    span = native_span(found)
    if span is not None and ends_in_zeros(lambda start, stop: data[start:stop], *span):
        warnings.add(ENDS_IN_ZEROS)
    return DicomFile(header, dataset, layout, data, found, warnings)


def header_dataset(data: bytes, found: Outline) -> "Dataset":
    """Read the elements before the pixels; none is looked into before it is asked for.

    Parameters
    ----------
    data : bytes
        The file, or its inflated data set.
    found : Outline
        Of the same.

    Returns
    -------
    pydicom.dataset.Dataset

    Raises
    ------
    Truncated, Unreadable
        They cannot be read.
    """
    from pydicom.filereader import read_dataset

    buffer = io.BytesIO(data)
    buffer.seek(found.dataset_at)
    try:
        return read_dataset(
            buffer,
            found.is_implicit,
            not found.is_big_endian,
            stop_when=lambda tag, *_: int(tag) in PIXEL_TAGS,
        )
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  # ten classes in 4,000 mutations, RecursionError among them (faults 17 and 24)
        if found.ending is Ending.CUT:
            raise Truncated from None
        raise Unreadable from None
