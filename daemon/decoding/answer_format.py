"""The bytes of an answer: written by a child, and read by a daemon that believes none of them.

Little endian; texts are those of `daemon.decoding.answer_values`. What is read is within its bounds, or the
whole answer is malformed: a number of the right size, a word of a closed set, an array of the one shape that
was asked for, and nothing behind it.
"""

import struct
from dataclasses import fields
from itertools import accumulate
from typing import Any, Final, get_args, get_type_hints

import numpy as np

from daemon.decoding.answer_values import ValueReader, write_text, write_texts
from daemon.decoding.excerpt_format import read_excerpt, write_excerpt
from daemon.decoding.limits import ChildLimits
from daemon.decoding.messages import (
    CANNOT_WRITE,
    MOST_PREVIEW_BYTES,
    TAKES_LONG,
    Decoded,
    Examined,
    FramePreview,
    MalformedAnswerError,
    TakesLong,
    is_whole_jpeg,
)
from daemon.spool.file_state import Look
from model.header import Header
from model.reading.completeness import Completeness
from storage.vocabulary import FAILED, FAILED_CODES, REJECTED, REJECTED_CODES

_LOOK = struct.Struct("<QQqqq")
_STAGES: Final = ("read", "hash", "decode", "preview")
_OUTCOMES: Final = (None, REJECTED, FAILED)
_CODES: Final = {
    None: frozenset({None}),
    REJECTED: frozenset(REJECTED_CODES),
    FAILED: frozenset({*FAILED_CODES, CANNOT_WRITE}),
}
_COMPLETENESS: Final = tuple(Completeness)
_LOOKED: Final = "looked"
_FINDINGS: Final = (None, _LOOKED, TAKES_LONG)
_FORMATS: Final = get_args(get_type_hints(Header)["format"])
_NUMBERS: Final = ("rows", "columns", "frames")
_TEXTS: Final = tuple(
    one.name for one in fields(Header) if one.name not in ("format", "image_type", *_NUMBERS)
)


def write_decoded(answer: Decoded) -> tuple[bytes, memoryview]:
    """Write the answer about one file.

    Parameters
    ----------
    answer : Decoded

    Returns
    -------
    tuple of (bytes, memoryview)
        All but the inputs and the small pictures; the inputs as they lie in memory, and the pictures behind.
    """
    parts = [bytes((_OUTCOMES.index(answer.outcome), answer.is_for_slow_lane))]
    parts += [
        write_text(answer.error_code),
        write_text(answer.error_detail),
        _look(answer.look),
        write_text(answer.sha256),
    ]
    parts += [write_texts(answer.warnings), _durations(answer.durations), _header(answer.header)]
    inputs = answer.inputs
    if inputs is None:
        parts += [struct.pack("<IB", 0, 0), write_excerpt(answer.excerpt)]
        return b"".join(parts), memoryview(b"")
    pictures = [picture for one in answer.previews for picture in (one.preview, one.thumbnail)]
    parts += [struct.pack("<IB", inputs.shape[0], len(answer.previews))]
    parts += [struct.pack("<I", len(picture)) for picture in pictures] + [write_excerpt(answer.excerpt)]
    array = np.ascontiguousarray(inputs, dtype="<u2").data.cast("B")
    return b"".join(parts), memoryview(b"".join([array, *pictures])) if pictures else array


def read_decoded(text: bytes, array: bytearray, limits: ChildLimits) -> Decoded:
    """Read the answer about one file.

    Parameters
    ----------
    text : bytes
    array : bytearray
        Becomes the inputs, uncopied; behind them lie the small pictures.
    limits : ChildLimits
        What the file was tried with.

    Returns
    -------
    Decoded

    Raises
    ------
    MalformedAnswerError
    """
    reader = _Reader(text)
    outcome, slow = reader.one_of(_OUTCOMES), bool(reader.one_of((0, 1)))
    code, detail, look, sha256 = reader.text(), reader.text(), reader.look(), reader.text()
    words, durations, header = reader.words(), reader.durations(), reader.header()
    frames, sizes = reader.number(), reader.preview_sizes(limits.preview_frames)
    excerpt = read_excerpt(reader)
    reader.end()
    size = limits.input_size
    end_of_inputs = 2 * frames * size * size
    is_whole = len(array) == end_of_inputs + sum(sizes)
    is_whole &= len(sizes) // 2 <= frames <= limits.pixels.max_frames
    if code not in _CODES[outcome] or not (sha256 is None or _is_sha256(sha256)) or not is_whole:
        raise MalformedAnswerError
    previews = _cut_off(array, end_of_inputs, sizes)
    inputs = np.frombuffer(array, "<u2").reshape(frames, size, size) if frames else None
    known = (outcome, code, look, sha256, header, inputs, words, durations, slow, detail, previews)
    return Decoded(*known, excerpt)


def _cut_off(array: bytearray, begin: int, sizes: tuple[int, ...]) -> tuple[FramePreview, ...]:
    """Take the small pictures off; each begins and ends as a JPEG, and is looked into no further."""
    pictures = []
    for start, size in zip(accumulate(sizes, initial=begin), sizes, strict=False):
        picture = bytes(array[start : start + size])
        if not is_whole_jpeg(picture):
            raise MalformedAnswerError
        pictures.append(picture)
    del array[begin:]
    return tuple(map(FramePreview, pictures[::2], pictures[1::2]))


def read_input(text: bytes, array: bytearray, limits: ChildLimits) -> Decoded:
    """Read the answer about a file that is to be classified: with all that this takes, or with a code.

    Parameters and errors are those of `read_decoded`.
    """
    answer = read_decoded(text, array, limits)
    needed = (answer.inputs, answer.look, answer.sha256, answer.header)
    if answer.outcome is None and any(one is None for one in needed):
        raise MalformedAnswerError
    return answer


def write_examined(answer: Examined | TakesLong) -> bytes:
    """Write what a look at a file's structure found.

    Parameters
    ----------
    answer : tuple of (Look, Completeness), None or TAKES_LONG

    Returns
    -------
    bytes
    """
    if answer is None or answer == TAKES_LONG:
        return bytes((_FINDINGS.index(answer),))
    look, completeness = answer
    return bytes((_FINDINGS.index(_LOOKED), _COMPLETENESS.index(completeness))) + _look(look)


def read_examined(text: bytes, array: bytearray) -> Examined | TakesLong:
    """Read what a look at a file's structure found.

    Parameters
    ----------
    text : bytes
    array : bytearray
        Empty.

    Returns
    -------
    tuple of (Look, Completeness), None or TAKES_LONG

    Raises
    ------
    MalformedAnswerError
    """
    reader = _Reader(text)
    finding = reader.one_of(_FINDINGS)
    found: Examined | TakesLong = None if finding is None else TAKES_LONG
    if finding == _LOOKED:
        completeness, look = reader.one_of(_COMPLETENESS), reader.look()
        found = None if look is None else (look, completeness)
    reader.end()
    if array:
        raise MalformedAnswerError
    return found


def _look(look: Look | None) -> bytes:
    if look is None:
        return b"\0"
    return b"\1" + _LOOK.pack(look.device, look.inode, look.size, look.mtime_ns, look.ctime_ns)


def _durations(durations: dict[str, float]) -> bytes:
    return struct.pack(f"<{len(_STAGES)}d", *(durations.get(stage, -1.0) for stage in _STAGES))


def _header(header: Header | None) -> bytes:
    if header is None:
        return b"\0"
    numbers = b"".join(struct.pack("<q", getattr(header, name) or 0) for name in _NUMBERS)
    texts = b"".join(write_text(getattr(header, name)) for name in _TEXTS)
    return bytes((1, _FORMATS.index(header.format))) + numbers + texts + write_texts(header.image_type)


def _is_sha256(value: str) -> bool:
    return len(value) == 64 and set(value) <= set("0123456789abcdef")


class _Reader(ValueReader):
    """Takes one value after the other from bytes that may hold anything."""

    def durations(self) -> dict[str, float]:
        spent = dict(zip(_STAGES, self.unpack(f"<{len(_STAGES)}d"), strict=True))
        if not all(-1.0 <= seconds < 1e6 for seconds in spent.values()):  # nor NaN
            raise MalformedAnswerError
        return {stage: seconds for stage, seconds in spent.items() if seconds >= 0}

    def preview_sizes(self, most_frames: int) -> tuple[int, ...]:
        (count,) = self.unpack("<B")
        if count > most_frames:
            raise MalformedAnswerError
        sizes = self.unpack(f"<{2 * count}I")
        if any(sum(both) > MOST_PREVIEW_BYTES for both in zip(sizes[::2], sizes[1::2], strict=True)):
            raise MalformedAnswerError
        return sizes

    def look(self) -> Look | None:
        return Look(*self.unpack(_LOOK.format)) if self.one_of((False, True)) else None

    def header(self) -> Header | None:
        if not self.one_of((False, True)):
            return None
        values: dict[str, Any] = {"format": self.one_of(_FORMATS)}
        for name in _NUMBERS:
            (number,) = self.unpack("<q")
            if not 0 <= number < 1 << 31:
                raise MalformedAnswerError
            values[name] = number or None
        values |= {name: self.text() for name in _TEXTS}
        return Header(**values, image_type=self.texts())
