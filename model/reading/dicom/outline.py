"""The outline of a DICOM file: what kind of object it is, and where its pixels lie."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from model.reading.decoders.layout import SHARED_COLOURS

PIXEL_TAGS = MappingProxyType(
    {0x7FE00010: "PixelData", 0x7FE00008: "FloatPixelData", 0x7FE00009: "DoubleFloatPixelData"}
)
PIXEL_GROUP = 0x7FE0
MEDIA_STORAGE_SOP_CLASS_UID = 0x00020002
TRANSFER_SYNTAX_UID = 0x00020010
SOURCE_AE, SENDING_AE = 0x00020016, 0x00020017
SOURCE_ADDRESS, SENDING_ADDRESS = 0x00020026, 0x00020027
SOP_CLASS_UID = 0x00080016
SAMPLES_PER_PIXEL = 0x00280002
PHOTOMETRIC_INTERPRETATION = 0x00280004
NUMBER_OF_FRAMES = 0x00280008
ROWS = 0x00280010
COLUMNS = 0x00280011
BITS_ALLOCATED = 0x00280100
DEFLATED = "1.2.840.10008.1.2.1.99"
_IMAGE_CLASS = re.compile(
    r"1\.2\.840\.10008\.5\.1\.4\.1\.1\."
    r"(?!4\.2$|12\.77$|77\.1\.5\.[38]$|501\.3$)"
    r"(?:(?:[1-7]|1[234]|20|30|77|128|130|501|601)(?:\..*)?|66\.4|481\.(?:1|2|23|24))$"
)


class Ending(StrEnum):
    """How the walk ended."""

    EXACT = "exact"
    """At the pixel data element, or at the last byte of the file, between two elements."""
    CUT = "cut"
    """A length points beyond the end of the file, or reserved space is not filled yet."""
    MALFORMED = "malformed"
    """Something stands where no element can; more bytes would not mend it."""
    ENDLESS = "endless"
    """There are more elements than any scan has; reading them would take minutes."""


class PixelForm(StrEnum):
    """How the value of the pixel data element is made up."""

    NATIVE = "native"
    """Pixels, one after the other."""
    FRAGMENTS = "fragments"
    """Items, each with a fragment of an encoded frame."""
    BARE = "bare"
    """Encoded frames without items: no standard allows it; a maker of radiography units writes it."""


@dataclass(frozen=True, slots=True)
class PixelElement:
    """The element that holds the pixels.

    Attributes
    ----------
    keyword : str
        PixelData, FloatPixelData or DoubleFloatPixelData.
    vr : str
        Value representation as in the file; empty where it is implicit.
    value_at : int
        Place of the value's first byte; in an encapsulated element, of the Basic Offset Table's item.
    length : int or None
        Bytes of the value as declared; None if no length is declared.
    is_whole : bool
        The declared bytes are in the file, or the fragments up to the Sequence Delimitation Item, or so many
        whole encoded frames that the item is all that can be missing.
    form : PixelForm
    """

    keyword: str
    vr: str
    value_at: int
    length: int | None
    is_whole: bool
    form: PixelForm = PixelForm.NATIVE


@dataclass(frozen=True, slots=True)
class Outline:
    """What the walk found.

    Attributes
    ----------
    dataset_at : int
        Place of the first element after the File Meta Information.
    is_implicit, is_big_endian : bool
        How the data set is encoded; found from its first element where no transfer syntax is given.
    values : mapping of int to bytes
        The short top-level values that describe a picture, by tag.
    pixels : PixelElement or None
    ending : Ending
    """

    dataset_at: int
    is_implicit: bool
    is_big_endian: bool
    values: Mapping[int, bytes]
    pixels: PixelElement | None
    ending: Ending

    @property
    def transfer_syntax_uid(self) -> str | None:
        """Transfer Syntax UID, or None."""
        return self._uid(TRANSFER_SYNTAX_UID)

    @property
    def sop_class_uid(self) -> str | None:
        """SOP Class UID of the data set or of the File Meta Information, or None."""
        return self._uid(SOP_CLASS_UID) or self._uid(MEDIA_STORAGE_SOP_CLASS_UID)

    @property
    def calling_ae(self) -> str | None:
        """Title of who sent the file over DICOM, else of who wrote it, or None."""
        return self._text(SENDING_AE) or self._text(SOURCE_AE)

    @property
    def calling_address(self) -> str | None:
        """Address from which it was sent, else of who wrote it, or None."""
        return self._text(SENDING_ADDRESS) or self._text(SOURCE_ADDRESS)

    @property
    def is_image(self) -> bool:
        """Whether the object is one that has pixels, be they there or not."""
        if self.pixels or any(tag in self.values for tag in (ROWS, COLUMNS, BITS_ALLOCATED)):
            return True
        classes = (self._uid(SOP_CLASS_UID), self._uid(MEDIA_STORAGE_SOP_CLASS_UID))
        return any(_IMAGE_CLASS.match(uid) for uid in classes if uid)  # one of them may be damaged

    def number(self, tag: int) -> int | None:
        """Read a kept value as a whole number; None if it is missing or none.

        Parameters
        ----------
        tag : int

        Returns
        -------
        int or None
        """
        value = self.values.get(tag, b"")
        if tag == NUMBER_OF_FRAMES:
            text = value.strip(b" \x00")
            return int(text) if text.isdigit() and len(text) < 10 else None
        return (
            int.from_bytes(value[:2], "big" if self.is_big_endian else "little") if len(value) >= 2 else None
        )

    def _text(self, tag: int) -> str | None:
        return self.values.get(tag, b"").strip(b" \x00").decode("ascii", "replace") or None

    def _uid(self, tag: int) -> str | None:
        return self.values.get(tag, b"").rstrip(b" \x00").decode("ascii", "replace") or None


def native_span(found: Outline) -> tuple[int, int] | None:
    """Return where native pixels begin and end; None for encoded ones, and where the header does not say.

    Parameters
    ----------
    found : Outline

    Returns
    -------
    tuple of (int, int), or None
    """
    pixels = found.pixels
    if pixels is None or pixels.form is not PixelForm.NATIVE or not pixels.length:
        return None
    return pixels.value_at, pixels.value_at + min(pixels.length, _expected_bytes(found) or pixels.length)


def pixels_are_whole(found: Outline) -> bool:
    """Return whether a DICOM file holds every byte of its pixel data element.

    Parameters
    ----------
    found : Outline
        The file's, or that of its inflated data set.

    Returns
    -------
    bool
        Native: the declared length is in the file, and is at least what rows, columns, samples, bits and
        frames ask for; an empty element has nothing to wait for. Encoded: see `PixelElement.is_whole`.
    """
    pixels = found.pixels
    if pixels is None or not pixels.is_whole:
        return False
    is_native = pixels.form is PixelForm.NATIVE
    return not is_native or not pixels.length or pixels.length >= _expected_bytes(found)


def _expected_bytes(found: Outline) -> int:
    """Bytes of native pixels; 0 where an element is missing, so that decoding can say which."""
    rows, columns = found.number(ROWS), found.number(COLUMNS)
    assert found.pixels is not None
    bits = {"FloatPixelData": 32, "DoubleFloatPixelData": 64}.get(found.pixels.keyword) or found.number(
        BITS_ALLOCATED
    )
    if not (rows and columns and bits):
        return 0
    samples = found.number(SAMPLES_PER_PIXEL) or 1
    if found.values.get(PHOTOMETRIC_INTERPRETATION, b"").strip(b" \x00").decode("latin-1") in SHARED_COLOURS:
        samples = 2  # two pixels share their colour: PS3.3 C.7.6.3.1.2
    return (rows * columns * samples * bits * (found.number(NUMBER_OF_FRAMES) or 1) + 7) // 8
