"""Walking a DICOM file from length to length, without reading or decoding its values.

pydicom reads as far as bytes go and says nothing when they end too soon (fault 23), recurses into nested
sequences, and holds pixel data in memory. This walk does none of these, so it can look at a file that is
still being written, and it knows whether the end it found is the real one.
"""

import struct
from types import MappingProxyType
from typing import BinaryIO

from model.reading.decoders.codestream import has_end_marker
from model.reading.decoders.registry import ENCAPSULATED, WITH_END_MARKER
from model.reading.dicom.outline import (
    BITS_ALLOCATED,
    COLUMNS,
    DEFLATED,
    MEDIA_STORAGE_SOP_CLASS_UID,
    NUMBER_OF_FRAMES,
    PHOTOMETRIC_INTERPRETATION,
    PIXEL_GROUP,
    PIXEL_TAGS,
    ROWS,
    SAMPLES_PER_PIXEL,
    SENDING_ADDRESS,
    SENDING_AE,
    SOP_CLASS_UID,
    SOURCE_ADDRESS,
    SOURCE_AE,
    TRANSFER_SYNTAX_UID,
    Ending,
    Outline,
    PixelElement,
    PixelForm,
)
from model.reading.signatures import DICOM_PREFIX, DICOM_PREFIX_AT

UNDEFINED = 0xFFFFFFFF
MOST_STEPS = 1_000_000
"""Elements and fragments looked at: about a second. A file with more is endless."""

_KEPT = frozenset(
    {
        MEDIA_STORAGE_SOP_CLASS_UID,
        TRANSFER_SYNTAX_UID,
        SOURCE_AE,
        SENDING_AE,
        SOURCE_ADDRESS,
        SENDING_ADDRESS,
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
_ITEM_BYTES = b"\xfe\xff\x00\xe0"
_LONG_LENGTH = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_LONGEST_KEPT = 128
_TAIL_BYTES = 64  # of a fragment: its end marker, and padding

_IMPLICIT = "1.2.840.10008.1.2"
_BIG_ENDIAN = "1.2.840.10008.1.2.2"


def read_outline(file: BinaryIO, size: int, *, is_inflated: bool = False) -> Outline:
    """Walk a DICOM file up to its pixel data element, or to its end.

    Parameters
    ----------
    file : binary file, seekable
        Its signature is one of DICOM. Little is read, in small steps: best buffered.
    size : int
        Bytes in the file.
    is_inflated : bool
        The file is a bare data set that was deflated: explicit VR, little endian.

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
    if not is_inflated and file.read(DICOM_PREFIX_AT + 4)[DICOM_PREFIX_AT:] == DICOM_PREFIX:
        walk.place = DICOM_PREFIX_AT + 4
    ending = Ending.EXACT if is_inflated else walk.meta()
    dataset_at = walk.place
    syntax = walk.syntax()
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
        """Walk to the pixel data element or to the end; nested levels are counted, never recursed into."""
        levels: list[bool] = []  # of open sequences and items: whether the level is a sequence
        while self.place < self.size:
            ending = self._step(levels)
            if ending is not None:
                return ending
        return Ending.CUT if levels else Ending.EXACT

    def _step(self, levels: list[bool]) -> Ending | None:
        found = self._element()
        if isinstance(found, Ending):
            return found
        tag, vr, length = found
        if tag in (_ITEM, _ITEM_END, _SEQUENCE_END):
            return self._delimiter(tag, length, levels)
        if tag in PIXEL_TAGS and not levels:
            self.pixels = self._pixels(PIXEL_TAGS[tag], vr.decode(), length)
            return Ending.EXACT
        if length == UNDEFINED:
            levels.append(True)
        elif not self._skip(0 if levels else tag, length):
            return Ending.CUT
        return None

    def _delimiter(self, tag: int, length: int, levels: list[bool]) -> Ending | None:
        if not levels or (tag == _ITEM and not levels[-1]):
            return Ending.MALFORMED
        if tag != _ITEM:
            levels.pop()
        elif length == UNDEFINED:
            levels.append(False)
        elif not self._skip(0, length):
            return Ending.CUT
        return None

    def _pixels(self, keyword: str, vr: str, length: int) -> PixelElement:
        """Say how the value before which the walk stands is made up, and whether it is whole."""
        value_at = self.place
        form = PixelForm.FRAGMENTS
        if length != UNDEFINED:
            is_whole = value_at + length <= self.size and (length > 0 or self._nothing_follows())
            if not length or self.syntax() not in ENCAPSULATED:
                form = PixelForm.NATIVE
            elif self._peek(4) != _ITEM_BYTES:
                form = PixelForm.BARE
            if is_whole or form is PixelForm.NATIVE:
                return PixelElement(keyword, vr, value_at, length, is_whole, form)
        is_whole = form is PixelForm.FRAGMENTS and (
            self._reaches_delimiter() or self._holds_all_frames(value_at)
        )
        return PixelElement(keyword, vr, value_at, None if length == UNDEFINED else length, is_whole, form)

    def _nothing_follows(self) -> bool:
        """Return whether the file ends here, or goes on with an element of a later group."""
        head = self._peek(2)
        group = int.from_bytes(head, "big" if self.is_big_endian else "little")
        return not head or group > PIXEL_GROUP

    def syntax(self) -> str:
        return self.values.get(TRANSFER_SYNTAX_UID, b"").rstrip(b" \x00").decode("ascii", "replace")

    def _reaches_delimiter(self) -> bool:
        """Walk over items; True if the Sequence Delimitation Item ends them."""
        while True:
            step = self._element()
            if isinstance(step, Ending) or step[0] not in (_ITEM, _SEQUENCE_END):
                return False
            if step[0] == _SEQUENCE_END:
                return True
            if step[2] == UNDEFINED or not self._skip(0, step[2]):
                return False

    def _holds_all_frames(self, value_at: int) -> bool:
        """Return whether fragments that no delimiter ends hold every frame, so that no pixel is missing.

        Where encoded frames have an end marker, as many fragments as there are frames must end with one; the
        last fragment may lack padding. Other frames have a fragment each.
        """
        self.place, found, is_table = value_at, 0, True
        has_markers = self.syntax() in WITH_END_MARKER
        while True:
            step = self._element()
            if isinstance(step, Ending) or step[0] != _ITEM or step[2] == UNDEFINED:
                break
            start = self.place
            is_inside = self._skip(0, step[2])
            if not is_table and (is_inside or has_markers):
                stop = min(self.place, self.size)
                self.file.seek(max(start, stop - _TAIL_BYTES))
                tail = self.file.read(stop - max(start, stop - _TAIL_BYTES))
                found += not has_markers or has_end_marker(tail)
            is_table = False
            if not is_inside:
                break
        text = self.values.get(NUMBER_OF_FRAMES, b"").strip(b" \x00")
        return found >= (int(text) if text.isdigit() and len(text) < 10 else 1) > 0

    def _element(self) -> tuple[int, bytes, int] | Ending:
        """Read tag, VR and length, and move to the value."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            return Ending.ENDLESS
        head = self._peek(12)
        if len(head) < 8:
            return Ending.CUT
        order = ">" if self.is_big_endian else "<"
        group, element = struct.unpack_from(order + "HH", head)
        tag, vr = group << 16 | element, head[4:6]
        is_explicit = not self.is_implicit and vr.isalpha() and vr.isupper() and group != 0xFFFE
        is_long = is_explicit and vr in _LONG_LENGTH
        if tag == 0 or (is_long and len(head) < 12):  # 0: space that is reserved, and filled later
            return Ending.CUT
        self.place += 12 if is_long else 8
        at, kind = (8, "L") if is_long else (6, "H") if is_explicit else (4, "L")
        return tag, vr if is_explicit else b"", struct.unpack_from(order + kind, head, at)[0]

    def _skip(self, tag: int, length: int) -> bool:
        """Move behind a value, keeping it if it is one we need; False if the file ends before."""
        if tag in _KEPT and length <= _LONGEST_KEPT:
            self.values[tag] = self._peek(length)
        self.place += length
        return self.place <= self.size

    def _peek(self, count: int) -> bytes:
        self.file.seek(self.place)
        return self.file.read(max(0, min(count, self.size - self.place)))
