"""The outline of a DICOM file: where its elements begin and end, without reading or decoding their values.

pydicom reads as far as bytes go and says nothing when they end too soon (FAULTS 23), recurses into nested
sequences, and holds pixel data in memory. This walk does none of these: it steps from length to length, so it can
look at a file that is still being written, and it knows whether the end it found is the real one.
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import BinaryIO

from model.signatures import DICOM_PREFIX, DICOM_PREFIX_AT

UNDEFINED = 0xFFFFFFFF
MOST_STEPS = 1_000_000
"""Elements and fragments looked at: about a second. A file with more is malformed."""

PIXEL_TAGS = MappingProxyType(
    {0x7FE00010: "PixelData", 0x7FE00008: "FloatPixelData", 0x7FE00009: "DoubleFloatPixelData"}
)
MEDIA_STORAGE_SOP_CLASS_UID = 0x00020002
TRANSFER_SYNTAX_UID = 0x00020010
SOP_CLASS_UID = 0x00080016
SAMPLES_PER_PIXEL = 0x00280002
PHOTOMETRIC_INTERPRETATION = 0x00280004
NUMBER_OF_FRAMES = 0x00280008
ROWS = 0x00280010
COLUMNS = 0x00280011
BITS_ALLOCATED = 0x00280100
_KEPT = frozenset(
    {
        MEDIA_STORAGE_SOP_CLASS_UID,
        TRANSFER_SYNTAX_UID,
        SOP_CLASS_UID,
        SAMPLES_PER_PIXEL,
        PHOTOMETRIC_INTERPRETATION,
        NUMBER_OF_FRAMES,
        ROWS,
        COLUMNS,
        BITS_ALLOCATED,
    }
)
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_LONG_LENGTH = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_LONGEST_KEPT = 128

DEFLATED = "1.2.840.10008.1.2.1.99"
_IMPLICIT = "1.2.840.10008.1.2"
_BIG_ENDIAN = "1.2.840.10008.1.2.2"
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
        Bytes of the value as declared; None if it is encapsulated.
    is_whole : bool
        The declared bytes, or the fragments up to the Sequence Delimitation Item, are in the file.
    """

    keyword: str
    vr: str
    value_at: int
    length: int | None
    is_whole: bool


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
        The short top-level values that tell a picture, by tag.
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
    def is_image(self) -> bool:
        """Whether the object is one that has pixels, be they there or not."""
        if self.pixels or any(tag in self.values for tag in (ROWS, COLUMNS, BITS_ALLOCATED)):
            return True
        return bool(_IMAGE_CLASS.match(self.sop_class_uid or ""))

    def number(self, tag: int) -> int | None:
        """Read a kept value as a whole number; None if it is missing or none."""
        value = self.values.get(tag, b"")
        if tag == NUMBER_OF_FRAMES:
            text = value.strip(b" \x00")
            return int(text) if text.isdigit() and len(text) < 10 else None
        return int.from_bytes(value[:2], "big" if self.is_big_endian else "little") if len(value) >= 2 else None

    def _uid(self, tag: int) -> str | None:
        return self.values.get(tag, b"").rstrip(b" \x00").decode("ascii", "replace") or None


def outline(file: BinaryIO, size: int, *, is_inflated: bool = False, start: int | None = None) -> Outline:
    """Walk a DICOM file up to its pixel data element, or to its end.

    Parameters
    ----------
    file : binary file, seekable
        Its signature is one of DICOM. Little is read, in small steps: best buffered.
    size : int
        Bytes in the file.
    is_inflated : bool
        The file is a bare data set that was deflated: explicit VR, little endian.
    start : int, optional
        Place of the first element; found if left out.

    Returns
    -------
    Outline
        Of a deflated data set only the File Meta Information; `ending` is EXACT then.

    References
    ----------
    PS3.5 7 The Data Set, A.4 Encapsulation; PS3.10 7.1.
    """
    walk = _Walk(file, size)
    file.seek(0)
    head = file.read(DICOM_PREFIX_AT + 4)
    if start is None:
        start = DICOM_PREFIX_AT + 4 if head[DICOM_PREFIX_AT:] == DICOM_PREFIX else 0
    walk.place = start
    ending = Ending.EXACT if is_inflated else walk.meta()
    dataset_at = walk.place
    syntax = walk.values.get(TRANSFER_SYNTAX_UID, b"").rstrip(b" \x00").decode("ascii", "replace")
    if ending is Ending.EXACT and syntax != DEFLATED:
        walk.choose_encoding(None if is_inflated else syntax)
        ending = walk.dataset()
    return Outline(
        dataset_at,
        walk.is_implicit,
        walk.is_big_endian,
        MappingProxyType(walk.values),
        walk.pixels,
        ending,
    )


class _Walk:
    """A place in the file that moves forward, element by element."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file, self.size = file, size
        self.place = 0
        self.is_implicit = self.is_big_endian = False
        self.values: dict[int, bytes] = {}
        self.pixels: PixelElement | None = None
        self._steps = 0

    def meta(self) -> Ending:
        """Walk the elements of group 0002, which are always explicit VR, little endian."""
        while self.place < self.size:
            if self._peek(2) != b"\x02\x00":
                break
            step = self._element()
            if isinstance(step, Ending):
                return step
            tag, _, length = step
            if length == UNDEFINED:
                return Ending.MALFORMED
            if not self._skip(tag, length):
                return Ending.CUT
        return Ending.EXACT if self.place < self.size else Ending.CUT

    def choose_encoding(self, transfer_syntax_uid: str | None) -> None:
        """Set the encoding: by the transfer syntax, corrected where the first element cannot be read so."""
        head = self._peek(6)
        looks_explicit = len(head) == 6 and head[4:6].isalpha() and head[4:6].isupper()
        if transfer_syntax_uid == "":
            self.is_big_endian = head[:1] == b"\x00" and head[:2] != b"\x00\x00"
        else:
            self.is_big_endian = transfer_syntax_uid == _BIG_ENDIAN
        self.is_implicit = not looks_explicit
        if transfer_syntax_uid not in ("", _IMPLICIT) and not head:
            self.is_implicit = False

    def dataset(self) -> Ending:
        """Walk to the pixel data element or to the end; sequences of undefined length are walked, not entered."""
        depth: list[bool] = []  # of open sequences and items: whether the level is a sequence
        while self.place < self.size:
            step = self._element()
            if isinstance(step, Ending):
                return step
            tag, vr, length = step
            if tag in (_ITEM_END, _SEQUENCE_END):
                if not depth:
                    return Ending.MALFORMED
                depth.pop()
            elif tag == _ITEM:
                if not depth or not depth[-1]:
                    return Ending.MALFORMED
                if length == UNDEFINED:
                    depth.append(False)
                elif not self._skip(0, length):
                    return Ending.CUT
            elif tag in PIXEL_TAGS and not depth:
                self._at_pixels(tag, vr.decode(), length)
                return Ending.EXACT
            elif length == UNDEFINED:
                depth.append(True)
            elif not self._skip(tag if not depth else 0, length):
                return Ending.CUT
        return Ending.CUT if depth else Ending.EXACT

    def _at_pixels(self, tag: int, vr: str, length: int) -> None:
        value_at = self.place
        if length != UNDEFINED:
            whole = value_at + length <= self.size
            self.pixels = PixelElement(PIXEL_TAGS[tag], vr, value_at, length, whole)
            return
        whole = False
        while True:
            step = self._element()
            if isinstance(step, Ending) or step[0] not in (_ITEM, _SEQUENCE_END):
                break
            if step[0] == _SEQUENCE_END:
                whole = True
                break
            if step[2] == UNDEFINED or not self._skip(0, step[2]):
                break
        self.pixels = PixelElement(PIXEL_TAGS[tag], vr, value_at, None, whole)

    def _element(self) -> tuple[int, bytes, int] | Ending:
        """Read tag, VR and length, and move to the value."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            return Ending.MALFORMED
        head = self._peek(12)
        if len(head) < 8:
            return Ending.CUT
        order = ">" if self.is_big_endian else "<"
        group, element = struct.unpack_from(order + "HH", head)
        tag, vr = group << 16 | element, head[4:6]
        if tag == 0:
            return Ending.CUT  # space that is reserved, and filled later
        is_explicit = not self.is_implicit and vr.isalpha() and vr.isupper() and group != 0xFFFE
        if is_explicit and vr in _LONG_LENGTH:
            if len(head) < 12:
                return Ending.CUT
            self.place += 12
            return tag, vr, struct.unpack_from(order + "L", head, 8)[0]
        self.place += 8
        if is_explicit:
            return tag, vr, struct.unpack_from(order + "H", head, 6)[0]
        return tag, b"", struct.unpack_from(order + "L", head, 4)[0]

    def _skip(self, tag: int, length: int) -> bool:
        """Move behind a value, keeping it if it is one we need; False if the file ends before."""
        if tag in _KEPT and length <= _LONGEST_KEPT:
            self.values[tag] = self._peek(length)
        self.place += length
        return self.place <= self.size

    def _peek(self, count: int) -> bytes:
        self.file.seek(self.place)
        return self.file.read(max(0, min(count, self.size - self.place)))
